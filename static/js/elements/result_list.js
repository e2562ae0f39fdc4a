/**
 * A list of results in pages, such as those of the search: loads more as the user scrolls, and restores what was shown when they
 * come back from a result. Its links work without this script.
 */

import { uuid } from "chatsite/format/uuid.js";
import { gettext } from "chatsite/i18n.js";
import { fetchFragment } from "chatsite/net/http.js";

const AHEAD = "600px"; // how far below the window more results are loaded

/** The results that were left for one of them: {key, results, scroll}. Going back restores them. */
let left = null;

export class ResultList {
  #element;
  #describe;
  #onLeave;
  #lastRequest = 0;
  #onClick = (event) => this.#handleClick(event);
  #observer = new IntersectionObserver((entries) => this.#loadMore(entries), { rootMargin: `0px 0px ${AHEAD}` });

  /** `element` is the page's `.search-results`. `describe(reason)` returns the text of an error. `onLeave()` is called before a result opens. */
  constructor(element, { describe, onLeave = () => {} }) {
    this.#element = element;
    this.#describe = describe;
    this.#onLeave = onLeave;
  }

  connect() {
    addEventListener("click", this.#onClick, { capture: true }); // before the panel closes
  }

  disconnect() {
    this.#observer.disconnect();
    this.cancel();
    removeEventListener("click", this.#onClick, { capture: true });
  }

  /** Ignores the response to the last request, because it comes too late. */
  cancel() {
    this.#lastRequest += 1;
  }

  /** Loads more once the end is near, without showing what was left before, because it may have changed. */
  start() {
    this.#watchEnd();
  }

  /** Loads more once the end is near. Shows the results that were left, after going back to them, and returns whether it did. */
  restore() {
    const isBack = Boolean(left && history.state?.results === left.key);
    if (isBack) {
      const { results, scroll } = left;
      this.#element.replaceChildren(...results.cloneNode(true).childNodes);
      requestAnimationFrame(() => (this.#scroller.scrollTop = scroll));
    }
    this.#watchEnd();
    return isBack;
  }

  /** Shows the results of another page. Resolves with whether they are shown. */
  async show(url) {
    const results = await this.#load(url);
    if (!results) return false;
    this.#element.replaceChildren(...results.childNodes);
    this.#watchEnd();
    return true;
  }

  /** The part of the page that scrolls: the panel over the chat, or the window. */
  get #scroller() {
    return this.#element.closest(".panel__body") ?? document.scrollingElement;
  }

  /** Resolves with the results of a page, or with null if others were requested meanwhile, or if it fails. */
  async #load(url) {
    const request = ++this.#lastRequest;
    this.#element.setAttribute("aria-busy", "true");
    try {
      const { html } = await fetchFragment(url);
      if (request !== this.#lastRequest) return null;
      const results = new DOMParser().parseFromString(html ?? "", "text/html").querySelector(".search-results");
      if (!results) throw new Error(gettext("Something went wrong on the server."));
      this.#element.removeAttribute("aria-busy");
      return document.importNode(results, true);
    } catch (error) {
      if (request === this.#lastRequest) this.#showError(error.message);
      return null;
    }
  }

  #showError(message) {
    this.#element.removeAttribute("aria-busy");
    this.#element.querySelector(".search-error")?.remove();
    const text = document.createElement("p");
    text.className = "search-error alert alert-danger";
    text.role = "alert";
    text.textContent = this.#describe(message);
    this.#element.prepend(text);
  }

  #watchEnd() {
    this.#observer.disconnect();
    const more = this.#element.querySelector(".search-more");
    if (more) this.#observer.observe(more);
  }

  async #loadMore(entries) {
    const more = this.#element.querySelector(".search-more");
    if (!more || !entries.some(({ isIntersecting }) => isIntersecting)) return;
    this.#observer.disconnect();
    const results = await this.#load(more.querySelector("a").href);
    if (!results || !more.isConnected) return;
    more.remove();
    for (const note of results.querySelectorAll(".search-note")) note.remove();
    this.#joinDays(this.#element.querySelector(".search-day:last-of-type"), results.querySelector(".search-day"));
    this.#element.append(...results.childNodes);
    this.#watchEnd();
  }

  /** Messages of one day may be on two pages. */
  #joinDays(last, next) {
    if (!last || !next || last.dataset.day !== next.dataset.day) return;
    last.querySelector("ol").append(...next.querySelector("ol").children);
    next.remove();
  }

  #handleClick(event) {
    const { target } = event;
    if (!this.#element.contains(target)) return;
    if (target.closest(".search-more a")) {
      event.preventDefault();
      this.#loadMore([{ isIntersecting: true }]);
    } else if (target.closest(".search-result")) this.#leave();
  }

  #leave() {
    this.#onLeave();
    left = { key: uuid(), results: this.#element.cloneNode(true), scroll: this.#scroller.scrollTop };
    history.replaceState({ ...history.state, results: left.key }, "");
  }
}
