/** Aids for writing Markdown in a text field. Their changes can be undone with the browser's own undo. */

import { continueLine, isInCode, linkSelection, makeLink, toggleMark } from "chatsite/format/writing_aids.js";
import { loadModule } from "chatsite/net/module_loader.js";

// Chromium takes 40 ms to insert 200 lines, and four times as long for twice as many. More lines are pasted as plain text.
const MAX_LINES = 200;
const MARKS = { b: "**", i: "*", e: "`" };
const IS_MAC = /^(?:Mac|iP)/.test(navigator.platform);

/** Adds shortcuts, continued lists, formatted pasting and a preview to a <textarea>. Emits "writing-preview" to toggle it. */
export function assistWriting(field) {
  let isPlainPaste = false;
  field.addEventListener("keydown", (event) => {
    isPlainPaste = event.shiftKey && letterOf(event) === "v";
    handleKey(field, event);
  });
  field.form.querySelector('[data-action="preview"]').addEventListener("click", () => emitPreview(field));
  field.addEventListener("paste", (event) => {
    if (!event.defaultPrevented && paste(field, event.clipboardData, { isPlain: isPlainPaste })) event.preventDefault();
  });
}

/** Shows the field again in place of its preview. Returns whether there was one. */
export function endPreview(field) {
  const preview = field.form.querySelector("writing-preview");
  preview?.remove();
  return Boolean(preview);
}

/** Returns whether the key toggles the preview. AltGr types a letter. */
export function isPreviewKey(event) {
  const isCommand = event.altKey && !event.shiftKey && !event.getModifierState("AltGraph") && isCommandKey(event);
  return isCommand && letterOf(event) === "p";
}

/** Pastes links and formatted text as Markdown. Returns false if the browser should paste the text itself. */
export function paste(field, data, { isPlain = false } = {}) {
  if (field.readOnly || !data) return false;
  const text = data.getData("text/plain");
  const { value, selectionStart: start, selectionEnd: end } = field;
  const link = linkSelection(value, start, end, text.trim());
  if (link) return applyEdit(field, link);
  const html = isPlain || isInCode(value, start) ? "" : data.getData("text/html");
  if (!html) return false;
  if (converter) return pasteHtml(field, html, text);
  if (isLong(text)) return false;
  loadConverter().then(() => (converter && pasteHtml(field, html, text)) || insertText(field, text));
  return true;
}

/** Pastes HTML as Markdown, unless it has no formatting or is too long. Returns whether it did. */
function pasteHtml(field, html, text) {
  const markdown = converter.markdownOf(html);
  if (!markdown || markdown === text.trim() || isLong(markdown)) return false;
  return insertText(field, markdown);
}

let converter = null; // loaded with the first paste of HTML

async function loadConverter() {
  converter = await loadModule("chatsite/format/html_markdown.js").catch(() => null);
}

function isLong(text) {
  return text.split("\n", MAX_LINES + 1).length > MAX_LINES;
}

/** Replaces the selection. */
export function insertText(field, inserted) {
  const { selectionStart: start, selectionEnd: end } = field;
  const text = inserted.replace(/\r\n?/g, "\n");
  return applyEdit(field, { start, end, text, selection: [start + text.length, start + text.length] });
}

/** Makes the edit that `aid(value, start, end, ...options)` returns, one of those in format/writing_aids.js. */
export function applyAid(field, aid, ...options) {
  if (!field.readOnly) applyEdit(field, aid(field.value, field.selectionStart, field.selectionEnd, ...options));
}

/** The browser's command reports each line as an input of its own, so those events are replaced by one. */
function applyEdit(field, { start, end, text, selection }) {
  endPreview(field);
  field.focus();
  field.setSelectionRange(start, end);
  if (isLong(text) || !replaceSelection(field.parentElement, text)) field.setRangeText(text, start, end);
  field.setSelectionRange(...selection);
  field.dispatchEvent(new InputEvent("input", { bubbles: true, inputType: "insertText" }));
  return true;
}

/** Returns whether the browser could replace it, in a way that can be undone. */
function replaceSelection(parent, text) {
  const hide = (event) => event.stopImmediatePropagation();
  parent.addEventListener("input", hide, { capture: true });
  const isDone = document.execCommand(text ? "insertText" : "delete", false, text);
  parent.removeEventListener("input", hide, { capture: true });
  return isDone;
}

function emitPreview(field) {
  field.dispatchEvent(new CustomEvent("writing-preview", { bubbles: true }));
}

function handleKey(field, event) {
  if (isPreviewKey(event)) {
    event.preventDefault();
    return emitPreview(field);
  }
  const edit = event.defaultPrevented ? null : editFor(field, event);
  if (!edit) return;
  event.preventDefault();
  event.stopPropagation(); // Ctrl+K also opens the switcher
  applyEdit(field, edit);
}

function editFor(field, event) {
  const { value, selectionStart: start, selectionEnd: end, readOnly } = field;
  if (readOnly || event.altKey) return null;
  if (event.key === "Enter" && event.shiftKey && !event.ctrlKey && !event.metaKey) return continueLine(value, start, end);
  if (!isCommandKey(event)) return null;
  const letter = letterOf(event);
  if (event.shiftKey) return letter === "x" ? toggleMark(value, start, end, "~~") : null;
  if (letter === "k") return start === end ? null : makeLink(value, start, end);
  return MARKS[letter] ? toggleMark(value, start, end, MARKS[letter]) : null;
}

function isCommandKey({ metaKey, ctrlKey }) {
  return IS_MAC ? metaKey && !ctrlKey : ctrlKey && !metaKey;
}

/** Returns the Latin letter of a key, also on a keyboard with another alphabet. */
function letterOf({ key, code }) {
  return /^[a-z]$/i.test(key) ? key.toLowerCase() : /^Key([A-Z])$/.exec(code)?.[1].toLowerCase();
}
