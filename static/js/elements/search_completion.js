/** Completes operators, people, rooms and dates in the field of a search (the combobox pattern of ARIA). */

import { drawAvatar } from "chatsite/elements/avatar.js";
import { gettext, ngettext } from "chatsite/i18n.js";
import { getJson } from "chatsite/net/http.js";

const PAUSE = 120; // in typing, in milliseconds

export class SearchCompletion {
  #input;
  #src;
  #list = document.createElement("ul");
  #status = document.createElement("p");
  #completions = [];
  #start = 0;
  #active = -1;
  #timer;
  #lastRequest = 0;

  /** `src` is the URL of the completions. An "input" event follows when one is chosen. */
  constructor(input, src) {
    this.#input = input;
    this.#src = src;
    Object.assign(this.#list, { id: "search-completions", className: "completions", role: "listbox", hidden: true });
    this.#list.setAttribute("aria-label", gettext("Suggestions"));
    Object.assign(this.#status, { className: "sr-only", role: "status" });
    input.role = "combobox";
    for (const [name, value] of [["autocomplete", "list"], ["expanded", "false"], ["controls", this.#list.id]]) {
      input.setAttribute(`aria-${name}`, value);
    }
    input.after(this.#list, this.#status);
    input.addEventListener("input", () => this.#completeSoon());
    input.addEventListener("keydown", (event) => this.#handleKey(event));
    input.addEventListener("blur", () => this.close());
    this.#list.addEventListener("pointerdown", (event) => event.preventDefault()); // keeps the focus in the field
    this.#list.addEventListener("click", ({ target }) => this.#choose([...this.#list.children].indexOf(target.closest("[role=option]"))));
  }

  close() {
    clearTimeout(this.#timer);
    this.#lastRequest += 1;
    this.#completions = [];
    this.#list.replaceChildren();
    this.#list.hidden = true;
    this.#input.setAttribute("aria-expanded", "false");
    this.#activate(-1);
    this.#status.textContent = "";
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
    this.#completions = found.completions;
    this.#start = found.start;
    this.#list.replaceChildren(...found.completions.map(optionOf));
    this.#list.hidden = false;
    this.#input.setAttribute("aria-expanded", "true");
    this.#activate(-1);
    this.#status.textContent = ngettext("%(count)s suggestion", "%(count)s suggestions", found.completions.length);
  }

  #activate(index) {
    this.#active = index;
    for (const [number, option] of [...this.#list.children].entries()) {
      option.setAttribute("aria-selected", String(number === index));
      if (number === index) option.scrollIntoView({ block: "nearest" });
    }
    if (index < 0) this.#input.removeAttribute("aria-activedescendant");
    else this.#input.setAttribute("aria-activedescendant", this.#list.children[index].id);
  }

  #handleKey(event) {
    if (event.isComposing || this.#list.hidden) return;
    const { length } = this.#completions;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) this.#activate((this.#active + step + length + (this.#active < 0 && step < 0 ? 1 : 0)) % length);
    else if (event.key === "Enter" && this.#active >= 0) this.#choose(this.#active);
    else if (event.key === "Tab" && !event.shiftKey) this.#choose(Math.max(this.#active, 0));
    else if (event.key === "Escape") this.close();
    else return;
    event.preventDefault();
    event.stopPropagation(); // the panel around it stays open
  }

  #choose(index) {
    const completion = this.#completions[index];
    if (!completion) return;
    const { value, selectionStart } = this.#input;
    const before = value.slice(0, this.#start) + completion.text;
    this.#input.value = before + value.slice(selectionStart).trimStart();
    this.#input.setSelectionRange(before.length, before.length);
    this.close();
    this.#input.dispatchEvent(new Event("input", { bubbles: true }));
  }
}

function optionOf({ label, detail, person }, index) {
  const option = document.createElement("li");
  Object.assign(option, { id: `search-completion-${index}`, role: "option", className: "completions__option" });
  if (person) {
    const face = document.createElement("span");
    face.className = "avatar is-small";
    face.setAttribute("aria-hidden", "true");
    drawAvatar(face, person);
    option.append(face);
  }
  const name = Object.assign(document.createElement("b"), { textContent: label });
  const note = Object.assign(document.createElement("small"), { textContent: detail });
  for (const each of [name, note]) each.dir = "auto";
  option.append(name, " ", note);
  return option;
}
