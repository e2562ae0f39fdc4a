/**
 * <people-picker>: a field for names that searches people while one types (the combobox pattern of ARIA 1.2) and shows
 * those who are chosen as chips. Their usernames are sent in a hidden field, together with what is left in the text field.
 *
 * Attributes: `src`, the URL of the search; `most`, the number of people that can be chosen; `room`, whose members are
 * marked and can't be chosen or, with `members`, are the only ones that are found; `full`, a text for when no one else can be chosen.
 */

import { drawAvatar } from "chatsite/elements/avatar.js";
import { botBadge } from "chatsite/elements/bot_badge.js";
import { gettext, ngettext } from "chatsite/i18n.js";
import { getJson } from "chatsite/net/http.js";

const PAUSE = 150; // in typing, before a search

let pickers = 0;

class PeoplePicker extends HTMLElement {
  #input;
  #hidden;
  #chips;
  #list;
  #status;
  #chosen = new Map(); // people by id, in order
  #found = [];
  #active = -1;
  #timer;
  #lastSearch = 0;
  #isRequired;

  connectedCallback() {
    if (this.#input) return;
    this.#input = this.querySelector("input");
    this.#isRequired = this.#input.required;
    const isTyping = this.#input.matches(":focus"); // before this code was loaded
    this.#build(`people-picker-${++pickers}`);
    this.#input.addEventListener("input", () => this.#searchSoon());
    this.#input.addEventListener("click", () => this.#list.hidden && this.#search());
    this.#input.addEventListener("keydown", (event) => this.#onKey(event));
    this.addEventListener("focusout", ({ relatedTarget }) => this.contains(relatedTarget) || this.#close());
    this.#list.addEventListener("pointerdown", (event) => event.preventDefault()); // keeps the focus in the field
    this.#list.addEventListener("click", ({ target }) => this.#choose(this.#found[this.#indexOf(target.closest("[role=option]"))]));
    this.#chips.addEventListener("click", ({ target }) => this.#remove(Number(target.closest("button")?.value)));
    this.#chips.addEventListener("keydown", (event) => this.#onChipKey(event));
    if (isTyping) this.#input.focus(); // which ends when the field is moved in the page
    if (isTyping && this.#input.value) this.#searchSoon();
  }

  get #most() {
    return Number(this.getAttribute("most"));
  }

  get #isFull() {
    return this.#chosen.size >= this.#most;
  }

  #build(id) {
    this.#chips = element("ul", "picker__chips");
    this.#chips.setAttribute("aria-label", gettext("Chosen people"));
    this.#list = element("ul", "picker__list");
    Object.assign(this.#list, { id, role: "listbox", hidden: true });
    this.#list.setAttribute("aria-label", gettext("People"));
    if (this.#most > 1) this.#list.setAttribute("aria-multiselectable", "true");
    this.#status = element("p", "picker__status sr-only");
    this.#status.role = "status";
    this.#hidden = Object.assign(element("input"), { type: "hidden", name: this.#input.name });
    const field = element("div", "picker__field");
    this.#input.before(field);
    field.append(this.#chips, this.#input);
    this.append(this.#hidden, this.#list, this.#status);
    this.#input.role = "combobox";
    this.#input.placeholder ||= gettext("Search by name");
    this.#input.removeAttribute("maxlength");
    for (const [name, value] of [["autocomplete", "list"], ["expanded", "false"], ["controls", id]]) {
      this.#input.setAttribute(`aria-${name}`, value);
    }
    this.#showChosen();
  }

  #searchSoon() {
    this.#cancelSearch();
    this.#timer = setTimeout(() => this.#search(), PAUSE);
  }

  /** Also one whose answer is on its way: for an older text, it would close the list and cancel the next search. */
  #cancelSearch() {
    clearTimeout(this.#timer);
    this.#lastSearch += 1;
  }

  async #search() {
    this.#cancelSearch();
    const search = this.#lastSearch;
    if (this.#isFull) return;
    const query = this.#input.value.trim().slice(0, 80);
    const parameters = new URLSearchParams({ q: query, exclude: [...this.#chosen.keys()].join(",") });
    for (const name of ["room", "members"]) if (this.hasAttribute(name)) parameters.set(name, this.getAttribute(name));
    try {
      const { people } = await getJson(`${this.getAttribute("src")}?${parameters}`);
      if (search === this.#lastSearch && this.contains(document.activeElement)) this.#show(people, query);
    } catch (error) {
      if (search === this.#lastSearch) this.#close(error.message);
    }
  }

  #show(people, query) {
    this.#found = people;
    if (!this.#found.length) return this.#close(query ? gettext("No one found") : "");
    this.#list.replaceChildren(...this.#found.map((person, index) => this.#option(person, index)));
    this.#list.hidden = false;
    this.#input.setAttribute("aria-expanded", "true");
    this.#say(ngettext("%(count)s person found", "%(count)s people found", this.#found.length), true);
    this.#activate(query ? this.#found.findIndex((person) => this.#isChoosable(person)) : -1);
  }

  #option(person, index) {
    const option = element("li", "picker__option");
    Object.assign(option, { id: `${this.#list.id}-${index}`, role: "option" });
    option.setAttribute("aria-selected", "false");
    const face = element("span", "avatar is-medium");
    face.setAttribute("aria-hidden", "true");
    drawAvatar(face, person);
    const name = element("b", "picker__name", person.name);
    const details = element("span", "picker__details", `@${person.username}`);
    for (const each of [name, details]) each.dir = "auto";
    const names = element("span", "picker__person");
    names.append(...[name, botBadge(person), " ", details].filter(Boolean));
    option.append(face, names);
    if (!this.#isChoosable(person)) {
      option.setAttribute("aria-disabled", "true");
      option.append(" ", element("span", "picker__note", gettext("Already in this room")));
    }
    return option;
  }

  #isChoosable(person) {
    return Boolean(person) && (this.hasAttribute("members") || !person.is_member);
  }

  #close(message = "") {
    this.#cancelSearch();
    this.#found = [];
    this.#list.hidden = true;
    this.#list.replaceChildren();
    this.#input.setAttribute("aria-expanded", "false");
    this.#activate(-1);
    this.#say(message);
  }

  #say(text, isHidden = false) {
    this.#status.textContent = text;
    this.#status.classList.toggle("sr-only", isHidden || !text);
  }

  #activate(index) {
    this.#active = index;
    for (const [number, option] of [...this.#list.children].entries()) {
      option.setAttribute("aria-selected", String(number === index));
      if (number === index) option.scrollIntoView({ block: "nearest" });
    }
    const active = this.#list.children[index];
    if (active) this.#input.setAttribute("aria-activedescendant", active.id);
    else this.#input.removeAttribute("aria-activedescendant");
  }

  #indexOf(option) {
    return [...this.#list.children].indexOf(option);
  }

  #onKey(event) {
    if (event.isComposing) return;
    const { key } = event;
    const isOpen = !this.#list.hidden;
    if (key === "ArrowDown" || key === "ArrowUp") {
      event.preventDefault();
      if (isOpen) this.#move(key === "ArrowDown" ? 1 : -1);
      else this.#search();
    } else if (key === "Enter" && isOpen && this.#active >= 0) {
      event.preventDefault();
      this.#choose(this.#found[this.#active]);
    } else if (key === "Escape" && isOpen) {
      event.preventDefault(); // the dialog around it stays open
      event.stopPropagation();
      this.#close();
    } else if (key === "Backspace" && !this.#input.value && this.#chosen.size) {
      this.#remove([...this.#chosen.keys()].at(-1));
    }
  }

  #onChipKey(event) {
    const button = event.target.closest("button");
    if (!button || (event.key !== "Backspace" && event.key !== "Delete")) return;
    event.preventDefault();
    this.#remove(Number(button.value));
  }

  #move(step) {
    const { length } = this.#found;
    const from = this.#active < 0 && step < 0 ? length : this.#active;
    for (let count = 1; count <= length; count += 1) {
      const index = (from + step * count + length * count) % length;
      if (this.#isChoosable(this.#found[index])) return this.#activate(index);
    }
  }

  #choose(person) {
    if (!this.#isChoosable(person) || this.#isFull) return;
    this.#chosen.set(person.id, person);
    this.#input.value = "";
    this.#close();
    this.#showChosen();
    if (this.#isFull) this.#input.form?.querySelector("[type=submit]")?.focus();
    const full = this.#isFull && this.getAttribute("full");
    if (full) this.#say(full);
    else this.#say(gettext("%(name)s chosen", { name: person.name }), true);
  }

  #remove(id) {
    const person = this.#chosen.get(id);
    if (!person) return;
    this.#chosen.delete(id);
    this.#showChosen();
    this.#input.focus();
    this.#say(gettext("%(name)s removed", { name: person.name }), true);
  }

  #showChosen() {
    const people = [...this.#chosen.values()];
    this.#chips.replaceChildren(...people.map(chipOf));
    this.#chips.hidden = !people.length;
    this.#input.hidden = this.#isFull;
    this.#input.required = this.#isRequired && !people.length;
    const value = people.map((person) => person.username).join(",");
    if (value === this.#hidden.value) return;
    this.#hidden.value = value;
    this.#hidden.dispatchEvent(new Event("input", { bubbles: true }));
  }
}

function chipOf(person) {
  const chip = element("li", "picker__chip");
  const face = element("span", "avatar is-small");
  face.setAttribute("aria-hidden", "true");
  drawAvatar(face, person);
  const name = element("span", "picker__name", person.name);
  name.dir = "auto";
  const button = element("button", "picker__remove", "×");
  Object.assign(button, { type: "button", value: person.id, title: gettext("Remove") });
  button.setAttribute("aria-label", gettext("Remove %(name)s", { name: person.name }));
  chip.append(face, name, button);
  return chip;
}

function element(tag, className = "", text = "") {
  const created = document.createElement(tag);
  created.className = className;
  created.textContent = text;
  return created;
}

customElements.define("people-picker", PeoplePicker);
