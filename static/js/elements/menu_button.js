/** <menu-button>: a button that shows a short list, and hides it on Escape, on a choice, or on a click elsewhere. */

export class ChatMenu extends HTMLElement {
  #button;
  #list;

  connectedCallback() {
    this.#button = this.querySelector("[aria-controls]");
    this.#list = this.querySelector("ul");
    this.#button.addEventListener("click", () => this.#set(this.#list.hidden));
    this.#list.addEventListener("click", () => this.#set(false));
    this.addEventListener("keydown", (event) => this.#key(event));
    document.addEventListener("click", ({ target }) => this.contains(target) || this.#set(false));
    this.addEventListener("focusout", ({ relatedTarget }) => relatedTarget && !this.contains(relatedTarget) && this.#set(false));
  }

  #key(event) {
    if (this.#list.hidden) return;
    const items = [...this.#list.querySelectorAll("li:not([hidden]) > *")];
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.key === "Escape") this.#set(false);
    else if (step) items[(items.indexOf(document.activeElement) + step + items.length) % items.length]?.focus();
    else return;
    if (event.key === "Escape") this.#button.focus();
    event.preventDefault();
    event.stopPropagation();
  }

  #set(open) {
    if (this.#list.hidden === !open) return;
    this.#list.hidden = !open;
    this.#button.setAttribute("aria-expanded", String(open));
    if (open) this.#list.querySelector("li:not([hidden]) > *")?.focus();
  }
}

customElements.define("menu-button", ChatMenu);
