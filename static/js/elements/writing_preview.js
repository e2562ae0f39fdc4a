/** <writing-preview>: replaces a text field with a preview of the message. */

import { drawMessageBody, nameRoomLinks } from "chatsite/elements/message_body.js";
import { grow } from "chatsite/elements/textarea.js";
import { endPreview, isPreviewKey } from "chatsite/elements/writing_field.js";
import { bodyOf } from "chatsite/format/body.js";
import { gettext } from "chatsite/i18n.js";

const RETURNING_KEYS = ["Enter", "Escape", "Backspace"];

/** Shows or ends the preview of a field. `render(body)` resolves with its HTML. `roomTitle(id)` names the user's rooms. */
export async function togglePreview(field, { render, roomTitle }) {
  if (endPreview(field)) return field.focus();
  const { value } = field;
  const body = bodyOf(value);
  const html = await render(body).catch(explain);
  if (field.value !== value || !field.isConnected || previewOf(field)) return; // the user has gone on writing
  const preview = document.createElement("writing-preview");
  preview.draw(body, html, roomTitle);
  field.before(preview);
  preview.focus();
}

function explain({ code, message }) {
  throw new Error(code === "offline" ? gettext("No connection. Your text can be previewed once you’re back online.") : message);
}

function previewOf(field) {
  return field.form.querySelector("writing-preview");
}

export class WritingPreview extends HTMLElement {
  #form = null;

  draw(body, html, roomTitle) {
    const text = Object.assign(document.createElement("div"), { className: "msg__body", dir: "auto" });
    const hint = Object.assign(document.createElement("p"), { className: "note", id: "preview-hint" });
    hint.textContent = gettext("Preview. Type or press Enter to keep writing.");
    drawMessageBody(text, { body, html });
    nameRoomLinks(text, roomTitle);
    this.replaceChildren(text, hint);
    Object.assign(this, { role: "region", tabIndex: 0, ariaLabel: gettext("Preview") });
    this.setAttribute("aria-describedby", hint.id);
  }

  connectedCallback() {
    this.#form = this.closest("form");
    this.#press(true);
    this.addEventListener("keydown", (event) => this.#handleKey(event));
  }

  disconnectedCallback() {
    this.#press(false);
    grow(this.#form.querySelector("textarea"));
  }

  #press(isPressed) {
    this.#form.querySelector('[data-action="preview"]').ariaPressed = String(isPressed);
  }

  /** Returns to the field. A character that is typed goes into it. */
  #handleKey(event) {
    const isReturning = RETURNING_KEYS.includes(event.key) && (event.target === this || event.key !== "Enter");
    if (!isReturning && !isPreviewKey(event) && !isCharacter(event)) return;
    event.stopPropagation();
    if (!isCharacter(event)) event.preventDefault();
    const field = this.#form.querySelector("textarea");
    endPreview(field);
    field.focus();
  }
}

/** Space scrolls the preview, and opens spoilers in it. */
function isCharacter(event) {
  if (event.key === " " || [...event.key].length !== 1) return false;
  return event.getModifierState("AltGraph") || !(event.ctrlKey || event.metaKey || event.altKey);
}

customElements.define("writing-preview", WritingPreview);
