/**
 * <message-search>: the search of messages, which follows the user's typing and loads more results as they scroll. The form and its
 * links work without this script.
 *
 * Attributes: `user`, the id of the user, whose recent searches are offered; `completions`, the URL of completions.
 */

import { SearchCompletion } from "chatsite/elements/search_completion.js";
import { fetchFragment } from "chatsite/net/http.js";
import { gettext } from "chatsite/i18n.js";
import { forgetSearches, recentSearches, rememberSearch } from "chatsite/store/recent_searches.js";
import { localStore } from "chatsite/store/safe_storage.js";

const PAUSE = 200; // in typing, in milliseconds
const AHEAD = "600px"; // how far below the window more results are loaded

/** The results that were left for one of them: {url, results, scroll}. Going back to their URL restores them. */
let left = null;

class MessageSearch extends HTMLElement {
  #form;
  #input;
  #results;
  #recent = document.createElement("div");
  #timer;
  #lastRequest = 0;
  #onClick = (event) => this.#handleClick(event);
  #observer = new IntersectionObserver((entries) => this.#loadMore(entries), { rootMargin: `0px 0px ${AHEAD}` });

  connectedCallback() {
    addEventListener("click", this.#onClick, { capture: true }); // before the panel closes
    if (this.#form) return;
    this.#form = this.querySelector("form");
    this.#input = this.#form.elements.q;
    this.#results = this.querySelector(".search-results");
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
    this.#restore();
    this.#drawRecent();
    this.#watchEnd();
  }

  disconnectedCallback() {
    clearTimeout(this.#timer);
    this.#observer.disconnect();
    this.#lastRequest += 1;
    removeEventListener("click", this.#onClick, { capture: true });
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

  /** The part of the page that scrolls: the panel over the chat, or the window. */
  get #scroller() {
    return this.closest(".panel__body") ?? document.scrollingElement;
  }

  #searchSoon() {
    clearTimeout(this.#timer);
    this.#lastRequest += 1; // a response to an older text comes too late
    this.#timer = setTimeout(() => this.#search(), PAUSE);
  }

  async #search() {
    clearTimeout(this.#timer);
    const url = this.#url;
    history.replaceState(history.state, "", url);
    const results = await this.#load(url);
    if (!results) return;
    this.#results.replaceChildren(...results.childNodes);
    this.#drawRecent();
    this.#watchEnd();
  }

  /** Resolves with the results of a page, or with null if a newer search was started, or if it fails. */
  async #load(url) {
    const request = ++this.#lastRequest;
    this.#results.setAttribute("aria-busy", "true");
    try {
      const { html } = await fetchFragment(url);
      if (request !== this.#lastRequest) return null;
      const results = new DOMParser().parseFromString(html ?? "", "text/html").querySelector(".search-results");
      if (!results) throw new Error(gettext("Something went wrong on the server."));
      this.#results.removeAttribute("aria-busy");
      return document.importNode(results, true);
    } catch (error) {
      if (request === this.#lastRequest) this.#showError(error.message);
      return null;
    }
  }

  #showError(message) {
    this.#results.removeAttribute("aria-busy");
    this.#results.querySelector(".search-error")?.remove();
    const text = document.createElement("p");
    text.className = "search-error alert alert-danger";
    text.role = "alert";
    text.textContent = gettext("Couldn’t search. %(reason)s", { reason: message });
    this.#results.prepend(text);
  }

  #watchEnd() {
    this.#observer.disconnect();
    const more = this.#results.querySelector(".search-more");
    if (more) this.#observer.observe(more);
  }

  async #loadMore(entries) {
    const more = this.#results.querySelector(".search-more");
    if (!more || !entries.some(({ isIntersecting }) => isIntersecting)) return;
    this.#observer.disconnect();
    const results = await this.#load(more.querySelector("a").href);
    if (!results || !more.isConnected) return;
    more.remove();
    for (const note of results.querySelectorAll(".search-note")) note.remove();
    this.#joinDays(this.#results.querySelector(".search-day:last-of-type"), results.querySelector(".search-day"));
    this.#results.append(...results.childNodes);
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
    if (!this.#results.contains(target)) return;
    if (target.closest(".search-more a")) {
      event.preventDefault();
      this.#loadMore([{ isIntersecting: true }]);
    } else if (target.closest(".search-result")) this.#leave();
  }

  #leave() {
    this.#remember();
    left = { url: location.href, results: this.#results.cloneNode(true), scroll: this.#scroller.scrollTop };
  }

  #restore() {
    if (left?.url !== location.href) return;
    const { results, scroll } = left;
    this.#results.replaceChildren(...results.cloneNode(true).childNodes);
    requestAnimationFrame(() => (this.#scroller.scrollTop = scroll));
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
