/** <page-panel>: a dialog that shows the site's pages over the conversation. */

import { Panel } from "chatsite/elements/panel.js";

export class PagePanel extends Panel {
  #dialog;

  connectedCallback() {
    super.connectedCallback();
    this.#dialog = this.querySelector("dialog");
    this.#dialog.addEventListener("cancel", (event) => {
      if (event.target !== this.#dialog) return; // a file field emits it too
      event.preventDefault();
      this.requestClose();
    });
    this.#dialog.addEventListener("click", ({ target }) => target === this.#dialog && this.requestClose());
  }

  get isOpen() {
    return this.#dialog.open;
  }

  reveal() {
    this.#dialog.showModal();
  }

  shown(body) {
    this.#dialog.setAttribute("aria-label", body.querySelector("h1")?.textContent.trim() ?? "");
    super.shown(body);
  }

  close() {
    this.#dialog.close();
    super.close();
  }
}

customElements.define("page-panel", PagePanel);
