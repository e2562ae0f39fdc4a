/** <copy-link>: a read-only field with a link, and a button that copies it. */

import { gettext } from "chatsite/i18n.js";

class CopyLink extends HTMLElement {
  connectedCallback() {
    const field = this.querySelector("input");
    const button = this.querySelector("button");
    field.addEventListener("focus", () => field.select());
    if (!navigator.clipboard) return; // not a secure context, but the link can be copied manually
    button.hidden = false;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(field.value);
      button.textContent = gettext("Copied");
    });
  }
}

customElements.define("copy-link", CopyLink);
