/** The editor that replaces a message's text. */

import { clone } from "chatsite/elements/templates.js";
import { grow, isSendKey } from "chatsite/elements/textarea.js";
import { assistWriting } from "chatsite/elements/writing_field.js";
import { bodyOf } from "chatsite/format/body.js";
import { excerptOf } from "chatsite/format/excerpt.js";
import { gettext } from "chatsite/i18n.js";

const EXCERPT_LENGTH = 200;

/** Functions that tell an open editor its message's current state, by the message's element. */
const watchers = new WeakMap();

/**
 * Opens the editor with the message's text, or with the `draft` ({body, editedAt}) of an unsaved edit, without focusing it.
 * `latest()` returns the message in its current state. `onInput(draft)` is called on each change. If
 * `save(body, editedAt)` throws an Error, its message is shown; `editedAt` is the `edited_at` of the text that is replaced.
 * `done()` is called when the editor has closed.
 */
export function editInPlace(element, message, { draft = null, latest, onInput, save, done }) {
  if (isEditing(element)) return;
  const editor = clone("message-editor");
  const field = editor.querySelector("textarea");
  const error = editor.querySelector(".editor__error");
  let editedAt = draft ? draft.editedAt : message.edited_at;

  const close = () => {
    closeEditor(element);
    done();
  };
  const submit = async (event) => {
    event.preventDefault();
    const body = bodyOf(field.value);
    if (!body && !message.attachments?.length) return;
    error.textContent = "";
    try {
      if (body !== message.body || draft) await save(body, editedAt);
      close();
    } catch (refusal) {
      error.textContent = refusalText(refusal, latest());
      if (refusal.code === "conflict") editedAt = latest().edited_at;
    }
  };
  watchers.set(element, (newer) => {
    const isNews = newer.edited_at !== editedAt && newer.body !== bodyOf(field.value);
    if (isNews) error.textContent = gettext("This message has since been changed to “%(message)s”.", excerptValues(newer));
  });
  assistWriting(field);
  field.addEventListener("input", () => {
    grow(field);
    onInput({ body: field.value, editedAt });
  });
  field.addEventListener("keydown", (event) => {
    if (isSendKey(event)) submit(event);
    if (event.key !== "Escape") return;
    event.stopPropagation();
    close();
  });
  editor.addEventListener("submit", submit);
  editor.querySelector('[data-action="cancel-edit"]').addEventListener("click", close);
  field.value = draft ? draft.body : message.body;
  show(element, editor);
  grow(field);
  if (draft) return;
  field.focus();
  editor.scrollIntoView({ block: "nearest" });
  field.setSelectionRange(field.value.length, field.value.length);
}

/** Warns in the message's editor, if it is open, that the message has been changed, on another device or by someone else. */
export function warnOfChange(element, message) {
  if (isEditing(element)) watchers.get(element)?.(message);
}

export function isEditing(element) {
  return element.classList.contains("is-editing");
}

/** Closes the editor without saving, if it is open. */
export function closeEditor(element) {
  element.querySelector(".editor")?.remove();
  element.classList.remove("is-editing");
}

function show(element, editor) {
  element.querySelector(".msg__tools")?.remove();
  element.classList.add("is-editing");
  element.querySelector(".msg__body").after(editor);
}

function refusalText({ code, message }, latest) {
  if (code === "offline") return gettext("No connection. Save again once you’re back online.");
  if (code !== "conflict") return message;
  return gettext(
    "This message has since been changed to “%(message)s”. Save again to replace that with your text.",
    excerptValues(latest),
  );
}

function excerptValues(message) {
  return { message: excerptOf(message, EXCERPT_LENGTH) };
}
