/** A menu of actions on a message or a room: beside the pointer or the element, or on touch as a sheet at the bottom. */

import { placeBeside } from "chatsite/elements/placement.js";

export class ActionMenu {
  #dialog;
  #choose;
  #element = null;

  /** `id` is that of the menu's <dialog>. `choose(action, element)` is called with the name of an action and the element. */
  constructor(id, choose) {
    this.#dialog = document.getElementById(id);
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
    for (const item of this.#items) item.hidden = !names.has(item.dataset.action);
    for (const group of this.#dialog.querySelectorAll("[role=group]")) group.hidden = [...group.children].every(({ hidden }) => hidden);
    element.classList.add("has-menu");
    this.#dialog.classList.toggle("is-sheet", !place);
    this.#dialog.style.inset = "";
    this.#dialog.showModal();
    if (place) placeBeside(this.#dialog, place);
    this.#shown[0].focus({ preventScroll: true });
  }

  /** Returns the action that has this key, or undefined. */
  actionOfKey(key, names) {
    const name = key.length === 1 ? key.toUpperCase() : key;
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
    if (target === this.#dialog) this.#dialog.close(); // a click beside the menu
    else this.#use(target.closest("[data-action]")?.dataset.action);
  }

  #handleKey(event) {
    const shown = this.#shown;
    const index = shown.indexOf(document.activeElement);
    const [first, last] = [shown[0], shown.at(-1)];
    const next = { Home: first, End: last, ArrowDown: shown[index + 1] ?? first, ArrowUp: shown[index - 1] ?? last }[event.key];
    const action = this.actionOfKey(event.key, new Set(shown.map(({ dataset }) => dataset.action)));
    if (next) next.focus();
    else if (event.key === "Tab") this.#dialog.close();
    else if (action && !event.ctrlKey && !event.metaKey && !event.altKey) this.#use(action);
    else return;
    event.preventDefault();
  }

  /** Closes the menu first, so that the focus is back at the element before the action moves it. */
  #use(action) {
    if (!action) return;
    this.#dialog.close();
    this.#choose(action, this.#element);
  }
}
