/** <saved-messages>: the page of saved messages, from which they are removed without leaving it. It works without this script. */

import { attempt } from "chatsite/elements/dialogs.js";
import { ResultList } from "chatsite/elements/result_list.js";
import { removeSaved } from "chatsite/elements/saved_removal.js";
import { gettext } from "chatsite/i18n.js";
import { getJson } from "chatsite/net/http.js";

const FOCUSED = ".search-result";

class SavedMessagesPage extends HTMLElement {
  #list;

  connectedCallback() {
    if (!this.#list) {
      const describe = (reason) => gettext("Couldn’t load your saved messages. %(reason)s", { reason });
      this.#list = new ResultList(this.querySelector(".search-results"), { describe });
      this.addEventListener("submit", (event) => this.#handleSubmit(event));
    }
    this.#list.connect();
    if (this.#list.restore()) this.#dropRemoved();
  }

  disconnectedCallback() {
    this.#list.disconnect();
  }

  get #rows() {
    return [...this.querySelectorAll("[data-message]")];
  }

  /** Notices with a button need the chat page around the panel. Elsewhere, the form is submitted as usual. */
  #handleSubmit(event) {
    if (!document.getElementById("notice") || !event.target.matches(".saved__actions")) return;
    event.preventDefault();
    attempt(() => this.#finish(event.target.closest("[data-message]")));
  }

  async #finish(row) {
    const place = { list: row.parentElement, next: row.nextElementSibling };
    await removeSaved(row.dataset.message, { onUndone: () => this.#putBack(row, place) });
    const rows = this.#rows;
    const neighbor = rows[rows.indexOf(row) + 1] ?? rows[rows.indexOf(row) - 1];
    row.remove();
    if (neighbor) neighbor.querySelector(FOCUSED).focus({ preventScroll: true });
    else await this.#reload();
  }

  #putBack(row, { list, next }) {
    if (!this.isConnected) return;
    if (!list.isConnected) return this.#reload();
    list.insertBefore(row, next?.parentElement === list ? next : null);
    row.querySelector(FOCUSED).focus();
  }

  async #reload() {
    if (await this.#list.show(location.pathname)) this.closest("main")?.focus();
  }

  /** Removes what isn't saved anymore since the page was left. */
  async #dropRemoved() {
    const rows = this.#rows;
    if (!rows.length) return;
    const answer = await getJson(`/saved/marks/?messages=${rows.map(({ dataset }) => dataset.message)}`).catch(() => null);
    const saved = new Set(answer?.saved.map(String) ?? rows.map(({ dataset }) => dataset.message));
    for (const row of rows) if (!saved.has(row.dataset.message)) row.remove();
    if (!this.#rows.length) await this.#reload();
  }
}

customElements.define("saved-messages", SavedMessagesPage);
