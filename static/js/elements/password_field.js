/** <password-field>: a password and a button that shows it. Before the form is submitted, the password is hidden again. */

import { gettext } from "chatsite/i18n.js";

class PasswordField extends HTMLElement {
  connectedCallback() {
    if (this.querySelector("button")) return; // moved within the page
    const field = this.querySelector("input");
    const button = document.createElement("button");
    button.type = "button";
    button.className = "password__toggle";
    button.setAttribute("aria-controls", field.id);
    const show = (isShown) => {
      field.type = isShown ? "text" : "password";
      button.textContent = isShown ? gettext("Hide") : gettext("Show");
      button.setAttribute("aria-label", isShown ? gettext("Hide password") : gettext("Show password"));
    };
    show(false);
    button.addEventListener("click", () => {
      show(field.type === "password");
      field.focus();
    });
    field.form?.addEventListener("submit", () => show(false)); // or the browser wouldn't offer to save it
    this.append(button);
  }
}

customElements.define("password-field", PasswordField);
