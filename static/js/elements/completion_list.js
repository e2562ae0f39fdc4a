/** The list of completions of a text field (the combobox pattern of ARIA). The field keeps the focus. */

import { drawAvatar } from "chatsite/elements/avatar.js";
import { botBadge } from "chatsite/elements/bot_badge.js";
import { gettext, ngettext } from "chatsite/i18n.js";

let lists = 0;

/**
 * A completion is {label, detail, note, person, sign}: `person` is shown with their photo, and `sign` is a character shown in its
 * place. `choose(completion)` is called with the one that is chosen, and closes the list. Tab chooses the first one if none is active.
 */
export class CompletionList {
  #field;
  #choose;
  #list = document.createElement("ul");
  #status = document.createElement("p");
  #completions = [];
  #active = -1;

  constructor(field, choose) {
    this.#field = field;
    this.#choose = choose;
    Object.assign(this.#list, { id: `completions-${++lists}`, className: "completions", role: "listbox", hidden: true });
    this.#list.setAttribute("aria-label", gettext("Suggestions"));
    Object.assign(this.#status, { className: "sr-only", role: "status" });
    field.after(this.#list, this.#status);
    this.#list.addEventListener("pointerdown", (event) => event.preventDefault()); // keeps the focus in the field
    this.#list.addEventListener("click", ({ target }) => this.#chooseAt([...this.#list.children].indexOf(target.closest("[role=option]"))));
  }

  get element() {
    return this.#list;
  }

  get isOpen() {
    return !this.#list.hidden;
  }

  get completions() {
    return this.#completions;
  }

  /** The completion that Enter chooses, if any. */
  get active() {
    return this.#completions[this.#active];
  }

  /** Shows these, or closes the list if there are none. `active`: the index of the active one, or -1. */
  show(completions, active = -1) {
    if (!completions.length) return this.close();
    const isSameCount = this.isOpen && completions.length === this.#completions.length;
    this.#completions = completions;
    this.#list.replaceChildren(...completions.map((completion, index) => createOption(completion, `${this.#list.id}-${index}`)));
    this.#list.hidden = false;
    this.#field.setAttribute("aria-controls", this.#list.id);
    this.#field.setAttribute("aria-expanded", "true");
    this.#activate(active);
    if (!isSameCount) this.#status.textContent = ngettext("%(count)s suggestion", "%(count)s suggestions", completions.length);
  }

  close() {
    this.#completions = [];
    this.#list.replaceChildren();
    this.#list.hidden = true;
    this.#field.setAttribute("aria-expanded", "false");
    this.#activate(-1);
    this.#status.textContent = "";
  }

  /** Returns whether the list used the key. */
  handleKey({ key, shiftKey, ctrlKey, metaKey, altKey, isComposing }) {
    if (isComposing || !this.isOpen || ctrlKey || metaKey || altKey) return false;
    const { length } = this.#completions;
    const step = { ArrowDown: 1, ArrowUp: -1 }[key];
    if (step) this.#activate((this.#active + step + length + (this.#active < 0 && step < 0 ? 1 : 0)) % length);
    else if (key === "Enter" && !shiftKey && this.active) this.#chooseAt(this.#active);
    else if (key === "Tab" && !shiftKey) this.#chooseAt(Math.max(this.#active, 0));
    else return false;
    return true;
  }

  #activate(index) {
    this.#active = index;
    for (const [number, option] of [...this.#list.children].entries()) {
      option.setAttribute("aria-selected", String(number === index));
      if (number === index) option.scrollIntoView({ block: "nearest" });
    }
    if (index < 0) this.#field.removeAttribute("aria-activedescendant");
    else this.#field.setAttribute("aria-activedescendant", this.#list.children[index].id);
  }

  #chooseAt(index) {
    const completion = this.#completions[index];
    if (completion) this.#choose(completion);
  }
}

function createOption({ label, detail, note, person, sign }, id) {
  const option = document.createElement("li");
  Object.assign(option, { id, role: "option", className: "completions__option" });
  const face = document.createElement("span");
  face.setAttribute("aria-hidden", "true");
  face.className = person ? "avatar is-small" : "completions__sign";
  if (person) drawAvatar(face, person);
  else face.textContent = sign;
  if (person || sign) option.append(face);
  const texts = { b: label, small: detail, em: note };
  for (const [tag, text] of Object.entries(texts)) {
    if (text) option.append(Object.assign(document.createElement(tag), { textContent: text, dir: "auto" }), " ");
    if (tag === "b" && person?.is_bot) option.append(botBadge(person), " ");
  }
  return option;
}
