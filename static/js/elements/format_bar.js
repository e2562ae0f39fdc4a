/** <format-bar>: a toolbar with buttons that format the text in the field of the same form. */

import { attempt } from "chatsite/elements/dialogs.js";
import { applyAid } from "chatsite/elements/writing_field.js";
import { makeCodeBlock, makeLink, toggleLines, toggleMark } from "chatsite/format/writing_aids.js";
import { loadModule } from "chatsite/net/module_loader.js";
import { localStore } from "chatsite/store/safe_storage.js";

const KEY = "chatsite-format-bar";
const AIDS = {
  bold: [toggleMark, "**"],
  italic: [toggleMark, "*"],
  strikethrough: [toggleMark, "~~"],
  code: [toggleMark, "`"],
  "code-block": [makeCodeBlock],
  link: [makeLink],
  list: [toggleLines, "- "],
  numbers: [toggleLines, "1. "],
  quote: [toggleLines, "> "],
};

export class FormatBar extends HTMLElement {
  connectedCallback() {
    this.addEventListener("mousedown", (event) => event.preventDefault()); // the field keeps the focus, and a phone's keyboard stays open
    this.addEventListener("click", ({ target }) => this.#format(AIDS[target.closest("button")?.dataset.format]));
    this.querySelector('[data-format="table"]').addEventListener("click", () => this.#makeTable());
    this.addEventListener("keydown", (event) => this.#handleArrow(event));
    this.#show(Boolean(localStore.getItem(KEY)));
  }

  /** Shows or hides the bar, also in pages that are opened later. */
  toggle() {
    const isShown = this.hidden;
    this.#show(isShown);
    if (isShown) localStore.setItem(KEY, "1");
    else localStore.removeItem(KEY);
  }

  #show(isShown) {
    this.hidden = !isShown;
    this.#form.querySelector('[data-action="format"]').setAttribute("aria-expanded", String(isShown));
  }

  get #form() {
    return this.closest("form");
  }

  #format(aid) {
    if (aid) applyAid(this.#form.querySelector("textarea"), ...aid);
  }

  async #makeTable() {
    const field = this.#form.querySelector("textarea");
    await attempt(async () => applyAid(field, (await loadModule("chatsite/format/tables.js")).makeTable));
  }

  /** One button is a tab stop, and the arrow keys move between them. */
  #handleArrow(event) {
    const forward = getComputedStyle(this).direction === "rtl" ? "ArrowLeft" : "ArrowRight";
    const buttons = [...this.children];
    const index = buttons.indexOf(document.activeElement);
    const targets = { [forward]: index + 1, Home: 0, End: -1 };
    targets[forward === "ArrowRight" ? "ArrowLeft" : "ArrowRight"] = index - 1;
    if (!(event.key in targets) || index < 0) return;
    event.preventDefault();
    const next = buttons.at(targets[event.key] % buttons.length);
    for (const button of buttons) button.tabIndex = button === next ? 0 : -1;
    next.focus();
    next.scrollIntoView({ block: "nearest", inline: "nearest" });
  }
}

customElements.define("format-bar", FormatBar);
