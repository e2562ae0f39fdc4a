/** <menu-button>: a button that opens a menu, which closes on Escape, when an item is chosen, or on a click elsewhere. */

export class MenuButton extends HTMLElement {
  #button;
  #list;

  connectedCallback() {
    this.#button = this.querySelector("[aria-controls]");
    this.#list = this.querySelector("ul");
    this.#button.addEventListener("click", () => this.#toggle(this.#list.hidden));
    this.#list.addEventListener("click", () => this.#toggle(false));
    this.addEventListener("keydown", (event) => this.#handleKey(event));
    document.addEventListener("click", ({ target }) => this.contains(target) || this.#toggle(false));
    this.addEventListener("focusout", ({ relatedTarget }) => relatedTarget && !this.contains(relatedTarget) && this.#toggle(false));
  }

  #handleKey(event) {
    if (this.#list.hidden) return;
    const items = [...this.#list.querySelectorAll("li:not([hidden]) > *")];
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.key === "Escape") this.#toggle(false);
    else if (step) items[(items.indexOf(document.activeElement) + step + items.length) % items.length]?.focus();
    else return;
    if (event.key === "Escape") this.#button.focus();
    event.preventDefault();
    event.stopPropagation();
  }

  #toggle(isOpen) {
    if (this.#list.hidden === !isOpen) return;
    this.#list.hidden = !isOpen;
    this.#button.setAttribute("aria-expanded", String(isOpen));
    if (isOpen) this.#list.querySelector("li:not([hidden]) > *")?.focus();
  }
}

customElements.define("menu-button", MenuButton);
