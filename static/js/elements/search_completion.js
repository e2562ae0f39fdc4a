/** Completes operators, people, rooms and dates in the field of a search. */

import { CompletionList } from "chatsite/elements/completion_list.js";
import { getJson } from "chatsite/net/http.js";

const PAUSE = 120; // in typing, in milliseconds

export class SearchCompletion {
  #input;
  #src;
  #list;
  #start = 0;
  #timer;
  #lastRequest = 0;

  /** `src` is the URL of the completions. An "input" event follows when one is chosen. */
  constructor(input, src) {
    this.#input = input;
    this.#src = src;
    this.#list = new CompletionList(input, (completion) => this.#insert(completion));
    input.role = "combobox";
    input.setAttribute("aria-autocomplete", "list");
    input.setAttribute("aria-expanded", "false");
    input.setAttribute("aria-controls", this.#list.element.id);
    input.addEventListener("input", () => this.#completeSoon());
    input.addEventListener("keydown", (event) => this.#handleKey(event));
    input.addEventListener("blur", () => this.close());
  }

  close() {
    clearTimeout(this.#timer);
    this.#lastRequest += 1;
    this.#list.close();
  }

  #completeSoon() {
    clearTimeout(this.#timer);
    this.#lastRequest += 1;
    this.#timer = setTimeout(() => this.#complete(), PAUSE);
  }

  /** Without a connection, there are none. */
  async #complete() {
    const request = ++this.#lastRequest;
    const typed = this.#input.value.slice(0, this.#input.selectionStart);
    if (!/(?:^|\s)-?[a-z-]+:?\S*$/i.test(typed) && !typed.includes(':"')) return this.close();
    const found = await getJson(`${this.#src}?${new URLSearchParams({ q: typed })}`).catch(() => null);
    if (request !== this.#lastRequest || document.activeElement !== this.#input) return;
    if (!found?.completions.length) return this.close();
    this.#start = found.start;
    this.#list.show(found.completions);
  }

  #handleKey(event) {
    if (event.key === "Escape" && this.#list.isOpen && !event.isComposing) this.close();
    else if (!this.#list.handleKey(event)) return;
    event.preventDefault();
    event.stopPropagation(); // the panel around it stays open
  }

  #insert({ text }) {
    const { value, selectionStart } = this.#input;
    const before = value.slice(0, this.#start) + text;
    this.#input.value = before + value.slice(selectionStart).trimStart();
    this.#input.setSelectionRange(before.length, before.length);
    this.close();
    this.#input.dispatchEvent(new Event("input", { bubbles: true }));
  }
}
