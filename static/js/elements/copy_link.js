// <copy-link>: a link in a field that cannot be changed, and a button that copies it.

class CopyLink extends HTMLElement {
  connectedCallback() {
    const field = this.querySelector("input");
    const button = this.querySelector("button");
    field.addEventListener("focus", () => field.select());
    if (!navigator.clipboard) return; // without HTTPS there is none; the field can still be copied by hand
    button.hidden = false;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(field.value);
      button.textContent = "Copied";
    });
  }
}

customElements.define("copy-link", CopyLink);
