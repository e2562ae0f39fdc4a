/** <quick-switcher>: the dialog for going anywhere by name, as a combobox with groups of results. */

import { drawAvatar } from "chatsite/elements/avatar.js";
import { clone } from "chatsite/elements/templates.js";
import { formatNumber, gettext, ngettext } from "chatsite/i18n.js";

/**
 * Emits "switcher-query" when the query changes, "switcher-closed" when it was closed, and before that "switcher-close" if nothing was
 * chosen.
 *
 * Groups are {title, entries}; entries are {key, name, detail, icon, person, state, unread, choose}, where `icon` is the name of
 * a glyph, which a person's avatar with their presence `state` replaces, and `choose()` runs when the entry is chosen. A group with
 * `isFallback` doesn't count as a match.
 */
export class QuickSwitcher extends HTMLElement {
  #dialog;
  #input;
  #list;
  #status;
  #entries = [];
  #selected = 0;
  #isEnterPending = false;
  #purpose = null;
  #name;

  connectedCallback() {
    this.#dialog = this.querySelector("dialog");
    this.#input = this.querySelector("input");
    this.#list = this.querySelector("[role=listbox]");
    this.#status = this.querySelector("[role=status]");
    this.#input.addEventListener("input", () => this.#changeQuery());
    this.#input.addEventListener("keydown", (event) => this.#handleKey(event));
    this.#list.addEventListener("mousemove", ({ target }) => this.#select(this.#indexOf(target), { scrolls: false }));
    this.#list.addEventListener("click", ({ target }) => this.#choose(this.#indexOf(target)));
    this.#dialog.addEventListener("click", ({ target }) => target === this.#dialog && this.close());
    this.#dialog.addEventListener("close", () => this.dispatchEvent(new Event("switcher-closed")));
    this.#dialog.addEventListener("cancel", (event) => {
      event.preventDefault();
      this.close();
    });
  }

  get isOpen() {
    return this.#dialog.open;
  }

  get query() {
    return this.#input.value.trim();
  }

  /** With a `purpose`, such as "Forward to a room or person", another controller than that for going anywhere draws the results. */
  open({ purpose = null } = {}) {
    if (this.isOpen) return this.close();
    this.#setPurpose(purpose);
    this.#input.value = "";
    this.#dialog.showModal();
    this.#input.focus();
    this.#changeQuery();
  }

  close() {
    this.#dialog.close();
    this.dispatchEvent(new Event("switcher-close"));
  }

  get purpose() {
    return this.#purpose;
  }

  /** `isComplete`: whether no more results are expected, so that an empty list means that there are none. */
  draw(groups, { isComplete = true, problem = "" } = {}) {
    const shown = groups.filter(({ entries }) => entries.length);
    const selectedKey = this.#entries[this.#selected]?.key;
    this.#entries = shown.flatMap(({ entries }) => entries);
    const kept = this.#entries.findIndex(({ key }) => key === selectedKey);
    this.#list.replaceChildren(...shown.map(createGroup));
    for (const [index, option] of this.#options.entries()) option.id = `switcher-option-${index}`;
    this.#select(this.#selected > 0 && kept >= 0 ? kept : 0, { scrolls: false });
    const count = shown.filter(({ isFallback }) => !isFallback).flatMap(({ entries }) => entries).length;
    if (problem) this.#status.textContent = problem;
    else if (count) this.#status.textContent = ngettext("%(count)s result", "%(count)s results", count);
    else this.#status.textContent = isComplete ? gettext("No matches.") : gettext("Searching…");
    this.#status.classList.toggle("sr-only", count > 0 && !problem);
    if (this.#isEnterPending && this.#entries.length) this.#choose(0);
  }

  #setPurpose(purpose) {
    this.#purpose = purpose;
    this.#name ??= this.#dialog.getAttribute("aria-label");
    this.#dialog.setAttribute("aria-label", purpose ?? this.#name);
    this.#input.placeholder = purpose ?? this.#name;
    this.#input.setAttribute("aria-label", purpose ?? this.#name);
  }

  get #options() {
    return [...this.#list.querySelectorAll("[role=option]")];
  }

  #changeQuery() {
    this.#selected = 0;
    this.#isEnterPending = false;
    this.dispatchEvent(new Event("switcher-query"));
  }

  #handleKey(event) {
    if (event.isComposing) return;
    const { length } = this.#entries;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.key === "Escape") this.close(); // a search field would only be cleared
    else if (event.key === "Enter") this.#choose(this.#selected);
    else if (step && length) this.#select((this.#selected + step + length) % length);
    else return;
    event.preventDefault();
  }

  #select(index, { scrolls = true } = {}) {
    if (index < 0) return;
    this.#selected = index;
    for (const [number, option] of this.#options.entries()) {
      option.setAttribute("aria-selected", String(number === index));
      if (number === index && scrolls) option.scrollIntoView({ block: "nearest" });
    }
    if (this.#entries.length) this.#input.setAttribute("aria-activedescendant", `switcher-option-${index}`);
    else this.#input.removeAttribute("aria-activedescendant");
  }

  /** Enter may be pressed before there are any results. */
  #choose(index) {
    const entry = this.#entries[index];
    this.#isEnterPending = !entry;
    if (!entry) return;
    this.#entries = [];
    this.#dialog.close();
    entry.choose();
  }

  #indexOf(target) {
    return this.#options.indexOf(target.closest("[role=option]"));
  }
}

function createGroup({ title, entries }) {
  const group = clone("switcher-group");
  group.setAttribute("aria-label", title);
  group.querySelector("h3").textContent = title;
  group.append(...entries.map(createOption));
  return group;
}

function createOption({ name, detail, icon, person, state, unread }) {
  const option = clone("switcher-option");
  const [glyph, avatar, count] = [".glyph", ".avatar", ".count"].map((each) => option.querySelector(each));
  glyph.toggleAttribute("hidden", Boolean(person));
  avatar.hidden = !person;
  if (person) drawAvatar(avatar, person, state);
  else {
    const use = glyph.querySelector("use");
    use.setAttribute("href", use.getAttribute("href").replace(/#.*/, `#${icon}`));
  }
  option.querySelector("bdi").textContent = name;
  option.querySelector("small").textContent = detail ?? "";
  count.hidden = !unread;
  count.textContent = unread ? formatNumber(unread) : "";
  return option;
}

customElements.define("quick-switcher", QuickSwitcher);
