/**
 * <notification-settings>: the form for notifications. Copies Monday’s quiet hours without sending the form,
 * and keeps the sentences that say what the settings do up to date.
 *
 * Attribute: `preview`, the URL of the preview.
 */

import { showFragment } from "chatsite/elements/server_html.js";
import { fetchFragment } from "chatsite/net/http.js";

const PARTS = ["on", "from", "to"];

class NotificationSettings extends HTMLElement {
  #requests = 0;

  connectedCallback() {
    if (this.#form.dataset.isReady) return;
    this.#form.dataset.isReady = "";
    this.addEventListener("click", (event) => {
      if (event.target.name !== "copy") return;
      event.preventDefault();
      this.#copyFirstDay();
    });
    this.addEventListener("change", () => this.#preview());
  }

  get #form() {
    return this.querySelector("form");
  }

  #copyFirstDay() {
    const { elements } = this.#form;
    for (const part of PARTS) {
      const first = elements.namedItem(`quiet_0_${part}`);
      for (let day = 1; day < 7; day += 1) {
        const field = elements.namedItem(`quiet_${day}_${part}`);
        field.checked = first.checked;
        field.value = first.value;
      }
    }
    this.#form.dispatchEvent(new Event("input", { bubbles: true }));
    this.#preview();
  }

  /** The last answer counts, and none if the server can’t be reached. */
  async #preview() {
    const request = (this.#requests += 1);
    try {
      const { html } = await fetchFragment(this.getAttribute("preview"), { body: new FormData(this.#form) });
      if (html && request === this.#requests) this.#showSentences(html);
    } catch {
      // Saving the settings shows the preview, too.
    }
  }

  /** Changes only the sentences that are different, so that screen readers announce no others. */
  #showSentences(html) {
    const shown = this.querySelector(".notification-preview");
    const template = document.createElement("template");
    showFragment(template, html);
    const sentences = [...template.content.children];
    for (const each of [...shown.children].slice(sentences.length)) each.remove();
    sentences.forEach((sentence, place) => {
      const before = shown.children[place];
      if (!before) shown.append(sentence);
      else if (before.textContent !== sentence.textContent) before.replaceWith(sentence);
    });
  }
}

customElements.define("notification-settings", NotificationSettings);
