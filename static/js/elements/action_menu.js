/** A menu of actions on a message or a room: beside the pointer or the element, or on touch as a sheet at the bottom. */

import { placeBeside } from "chatsite/elements/placement.js";

export class ActionMenu {
  #dialog;
  #choose;
  #element = null;

  #prepare;

  /**
   * `id` is that of the menu's <dialog>. `choose(action, element, button)` is called with the name of an action, the element that the
   * menu was opened for and, unless a key was used, the menu's button. `prepare(dialog)` is called before the menu opens.
   */
  constructor(id, choose, prepare = () => {}) {
    this.#dialog = document.getElementById(id);
    this.#prepare = prepare;
    this.#choose = choose;
    this.#dialog.addEventListener("click", ({ target }) => this.#handleClick(target));
    this.#dialog.addEventListener("keydown", (event) => this.#handleKey(event));
    this.#dialog.addEventListener("contextmenu", (event) => {
      event.preventDefault();
      if (event.target === this.#dialog && event.pointerType === "mouse") this.#dialog.close();
    });
    this.#dialog.addEventListener("close", () => this.#element?.classList.remove("has-menu"));
  }

  /** Opens the menu with these actions. `place` is an element or a point ({x, y}); without one, the menu is a sheet. */
  open(element, names, place = null) {
    if (!names.size || this.#dialog.open) return;
    this.#element = element;
    this.#prepare(this.#dialog);
    for (const item of this.#items) item.hidden = !names.has(item.dataset.action);
    for (const group of this.#dialog.querySelectorAll("[role=group]")) group.hidden = [...group.children].every(({ hidden }) => hidden);
    element.classList.add("has-menu");
    this.#dialog.classList.toggle("is-sheet", !place);
    this.#dialog.style.inset = "";
    this.#dialog.showModal();
    if (place) placeBeside(this.#dialog, place);
    const first = this.#shown.find((item) => !item.closest(".action-menu__row")) ?? this.#shown[0];
    first.focus({ preventScroll: true });
  }

  /** Returns the action that has this key, or undefined. */
  actionOfKey(key, names) {
    const name = key === "+" ? "Plus" : key.length === 1 ? key.toUpperCase() : key;
    const hasKey = (item) => item.getAttribute("aria-keyshortcuts")?.split(" ").includes(name);
    return this.#items.find((item) => names.has(item.dataset.action) && hasKey(item))?.dataset.action;
  }

  get #items() {
    return [...this.#dialog.querySelectorAll("[role=menuitem]")];
  }

  get #shown() {
    return this.#items.filter(({ hidden }) => !hidden);
  }

  #handleClick(target) {
    const button = target.closest("[data-action]");
    if (target === this.#dialog) this.#dialog.close(); // a click beside the menu
    else this.#use(button?.dataset.action, button);
  }

  #handleKey(event) {
    const next = this.#nextByKey(event.key);
    const action = this.actionOfKey(event.key, new Set(this.#shown.map(({ dataset }) => dataset.action)));
    if (next) next.focus();
    else if (event.key === "Tab") this.#dialog.close();
    else if (action && !event.ctrlKey && !event.metaKey && !event.altKey) this.#use(action);
    else return;
    event.preventDefault();
  }

  /** The lines of the menu, each with its items: several in a row, otherwise one. */
  get #lines() {
    const lines = new Map();
    for (const item of this.#shown) {
      const line = item.closest(".action-menu__row") ?? item;
      lines.set(line, [...(lines.get(line) ?? []), item]);
    }
    return [...lines.values()];
  }

  #nextByKey(key) {
    const lines = this.#lines;
    const index = lines.findIndex((line) => line.includes(document.activeElement));
    const line = lines[index] ?? [];
    const forward = getComputedStyle(this.#dialog).direction === "rtl" ? "ArrowLeft" : "ArrowRight";
    if (key === "ArrowLeft" || key === "ArrowRight") {
      return line.at((line.indexOf(document.activeElement) + (key === forward ? 1 : -1)) % line.length);
    }
    return { Home: lines[0], End: lines.at(-1), ArrowDown: lines[index + 1] ?? lines[0], ArrowUp: lines.at(index - 1) }[key]?.[0];
  }

  /** Closes the menu first, so that the focus is back at the element before the action moves it. */
  #use(action, button) {
    if (!action) return;
    this.#dialog.close();
    this.#choose(action, this.#element, button);
  }
}
