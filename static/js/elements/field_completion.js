/** Completes what is typed in a text field after "@", "#", ":" and "/", in a list above or below the field. */

import { CompletionList } from "chatsite/elements/completion_list.js";
import { isUnfinished } from "chatsite/elements/textarea.js";
import { applyAid } from "chatsite/elements/writing_field.js";
import { findShortCode, findTrigger } from "chatsite/format/completion_trigger.js";

const PAUSE = 120; // in typing, before more is loaded, in milliseconds
const MAX = 8;
const GAP = 4; // in pixels, to the field's box
const TYPING = new Set(["insertText", "insertCompositionText"]);
const ATTRIBUTES = { role: "combobox", "aria-autocomplete": "list", "aria-haspopup": "listbox" };

export class FieldCompletion {
  #field;
  #sources;
  #emojiOf;
  #list;
  #trigger = null;
  #dismissed = null;
  #timer;
  #lastUpdate = 0;
  #onSelection = () => this.#isCurrent || this.close();
  #onResize = () => this.#place();

  /**
   * `sources`: an object for each kind of trigger, with find(query), which returns what is known of it: {completions, isFinal}, and
   * load(query), which resolves when more is known. A completion is one of a CompletionList, with the `text` to insert and optionally
   * chosen(). `emojiOf(code)` resolves with the emoji that replaces a short code as soon as it is complete, or undefined. The event
   * "field-replaced" means that the page has replaced the field's text.
   */
  constructor(field, { sources, emojiOf }) {
    this.#field = field;
    this.#sources = sources;
    this.#emojiOf = emojiOf;
    this.#list = new CompletionList(field, (completion) => this.#insert(completion));
    this.#list.element.popover = "manual"; // over everything, also what clips the field
    field.addEventListener("input", (event) => isUnfinished(event) || this.update(event));
    field.addEventListener("compositionend", () => this.update());
    field.addEventListener("keydown", (event) => this.#handleKey(event), { capture: true }); // before those that send or close
    for (const name of ["blur", "field-replaced"]) field.addEventListener(name, () => this.close());
  }

  /** Completes what is before the caret. What is undone or pasted is left as it is. */
  update({ inputType = "insertText" } = {}) {
    const update = ++this.#lastUpdate;
    clearTimeout(this.#timer);
    if (TYPING.has(inputType)) this.#replaceShortCode();
    this.#trigger = inputType.startsWith("history") ? null : this.#currentTrigger;
    if (!this.#isDismissed) this.#dismissed = null;
    if (!this.#trigger || this.#dismissed) return this.close();
    const { kind, query } = this.#trigger;
    const source = this.#sources[kind];
    const { completions, isFinal } = source.find(query);
    this.#show(completions);
    if (isFinal) return;
    this.#timer = setTimeout(async () => {
      await source.load(query).catch(() => {}); // without a connection, there are no more
      if (update === this.#lastUpdate && this.#isCurrent) this.#show(source.find(query).completions);
    }, PAUSE);
  }

  close() {
    clearTimeout(this.#timer);
    this.#lastUpdate += 1;
    this.#trigger = null;
    this.#hide();
  }

  get #currentTrigger() {
    const { value, selectionStart, selectionEnd, readOnly } = this.#field;
    return readOnly || selectionStart !== selectionEnd ? null : findTrigger(value, selectionStart);
  }

  /** Whether the caret is still where it was. */
  get #isCurrent() {
    const current = this.#field.isConnected ? this.#currentTrigger : null;
    return Boolean(current) && current.kind === this.#trigger?.kind && current.start === this.#trigger.start;
  }

  get #isDismissed() {
    return this.#trigger?.start === this.#dismissed?.start && Boolean(this.#trigger?.query.startsWith(this.#dismissed.query));
  }

  /** Shows these. The active one remains active. */
  #show(completions) {
    if (!completions.length) return this.#hide();
    const shown = completions.slice(0, MAX);
    const active = shown.findIndex(({ text }) => text === this.#list.active?.text);
    this.#setAttributes(true);
    document.addEventListener("selectionchange", this.#onSelection);
    addEventListener("resize", this.#onResize);
    this.#list.show(shown, Math.max(active, 0));
    this.#place();
  }

  #hide() {
    if (!this.#list.isOpen) return;
    document.removeEventListener("selectionchange", this.#onSelection);
    removeEventListener("resize", this.#onResize);
    this.#list.element.hidePopover();
    this.#list.close();
    this.#setAttributes(false);
  }

  /** The field is a combobox only while it has a list, because it is used for writing otherwise. */
  #setAttributes(isCombobox) {
    for (const [name, value] of Object.entries(ATTRIBUTES)) {
      if (isCombobox) this.#field.setAttribute(name, value);
      else this.#field.removeAttribute(name);
    }
    if (!isCombobox) for (const name of ["aria-expanded", "aria-controls"]) this.#field.removeAttribute(name);
  }

  #handleKey(event) {
    if (event.isComposing || !this.#list.isOpen) return;
    if (event.key === "Escape") this.#dismiss();
    else if (event.key === "Enter" && this.#isComplete) return this.close();
    else if (!this.#list.handleKey(event)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
  }

  /** Whether one has been typed in full, also with the space after it, so that Enter sends the message. */
  get #isComplete() {
    const { value, selectionStart } = this.#field;
    const typed = value.slice(this.#trigger?.start, selectionStart).toLowerCase();
    const [first] = this.#list.completions;
    return this.#list.active === first && this.#list.completions.some(({ text }) => text.toLowerCase() === typed);
  }

  #dismiss() {
    this.#dismissed = this.#trigger;
    this.close();
  }

  #insert(completion) {
    const trigger = this.#currentTrigger;
    this.close();
    if (!trigger) return;
    const { text } = completion;
    this.#dismissed = { start: trigger.start, query: text.slice(1) };
    this.#replace(trigger.start, text);
    completion.chosen?.();
  }

  #replace(start, text) {
    applyAid(this.#field, (value, from, to) => {
      const end = to + Number(text.endsWith(" ") && value[to] === " ");
      return { start, end, text, selection: [start + text.length, start + text.length] };
    });
  }

  async #replaceShortCode() {
    const { value, selectionStart } = this.#field;
    const found = findShortCode(value, selectionStart);
    const emoji = found && (await this.#emojiOf(found.code).catch(() => null));
    if (emoji && this.#field.value === value && this.#field.selectionStart === selectionStart) this.#replace(found.start, emoji);
  }

  /** Above the field's form or, if there is more space, below it. */
  #place() {
    const { element } = this.#list;
    if (!this.#list.isOpen) return;
    if (!element.matches(":popover-open")) element.showPopover();
    const box = this.#field.form.getBoundingClientRect();
    const isAbove = box.top > innerHeight - box.bottom;
    const space = (isAbove ? box.top : innerHeight - box.bottom) - 2 * GAP;
    const [top, bottom] = isAbove ? ["auto", `${innerHeight - box.top + GAP}px`] : [`${box.bottom + GAP}px`, "auto"];
    element.style.inset = `${top} ${innerWidth - box.right}px ${bottom} ${box.left}px`;
    element.style.setProperty("--space", `${space}px`);
  }
}
