/**
 * <message-search>: the search of messages, which follows the user's typing and loads more results as they scroll. The form and its
 * links work without this script.
 *
 * Attributes: `user`, the id of the user, whose recent searches are offered; `completions`, the URL of completions.
 */

import { ResultList } from "chatsite/elements/result_list.js";
import { SearchCompletion } from "chatsite/elements/search_completion.js";
import { gettext } from "chatsite/i18n.js";
import { forgetSearches, recentSearches, rememberSearch } from "chatsite/store/recent_searches.js";
import { localStore } from "chatsite/store/safe_storage.js";

const PAUSE = 200; // in typing, in milliseconds

class MessageSearch extends HTMLElement {
  #form;
  #input;
  #results;
  #recent = document.createElement("div");
  #timer;
  #list;

  connectedCallback() {
    this.#list?.connect();
    if (this.#form) return;
    this.#form = this.querySelector("form");
    this.#input = this.#form.elements.q;
    this.#results = this.querySelector(".search-results");
    const describe = (reason) => gettext("Couldn’t search. %(reason)s", { reason });
    this.#list = new ResultList(this.#results, { describe, onLeave: () => this.#remember() });
    this.#list.connect();
    this.#recent.className = "search-recent";
    this.#results.before(this.#recent);
    const completion = new SearchCompletion(this.#input, this.getAttribute("completions"));
    this.#input.addEventListener("input", () => this.#searchSoon());
    this.#form.addEventListener("change", ({ target }) => target !== this.#input && this.#search());
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      completion.close();
      this.#remember();
      this.#search();
    });
    this.#recent.addEventListener("click", ({ target }) => this.#repeat(target.closest("button")));
    if (this.#input.value !== this.#input.defaultValue) this.#searchSoon(); // typed before this code was loaded
    this.#list.restore();
    this.#drawRecent();
  }

  disconnectedCallback() {
    clearTimeout(this.#timer);
    this.#list.disconnect();
  }

  get #user() {
    return this.getAttribute("user");
  }

  get #url() {
    const parameters = new URLSearchParams({ q: this.#input.value.trim() });
    const order = this.#form.elements.order.value;
    if (order !== "newest") parameters.set("order", order);
    return `${this.#form.getAttribute("action")}?${parameters}`;
  }

  #searchSoon() {
    clearTimeout(this.#timer);
    this.#list.cancel(); // a response to an older text comes too late
    this.#timer = setTimeout(() => this.#search(), PAUSE);
  }

  async #search() {
    clearTimeout(this.#timer);
    const url = this.#url;
    history.replaceState(history.state, "", url);
    if (await this.#list.show(url)) this.#drawRecent();
  }

  #remember() {
    rememberSearch(this.#user, localStore, this.#input.value);
  }

  #drawRecent() {
    const searches = this.#input.value.trim() ? [] : recentSearches(this.#user, localStore);
    this.#recent.hidden = !searches.length;
    const title = Object.assign(document.createElement("h2"), { textContent: gettext("Recent searches") });
    const clear = Object.assign(document.createElement("button"), { type: "button", className: "link", textContent: gettext("Clear") });
    const buttons = searches.map((text) => Object.assign(document.createElement("button"), { type: "button", value: text, textContent: text }));
    for (const button of buttons) button.dir = "auto";
    this.#recent.replaceChildren(title, ...buttons, clear);
  }

  #repeat(button) {
    if (!button) return;
    if (button.matches(".link")) forgetSearches(this.#user, localStore);
    this.#input.value = button.value;
    this.#input.focus();
    this.#search();
  }
}

customElements.define("message-search", MessageSearch);
