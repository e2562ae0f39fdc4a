/** <message-composer>: the field for writing a message, with its draft, quoted message and length limit. */

import "chatsite/elements/format_bar.js";
import { attempt } from "chatsite/elements/dialogs.js";
import { grow, isSendKey } from "chatsite/elements/textarea.js";
import { assistWriting, endPreview, insertText, paste } from "chatsite/elements/writing_field.js";
import { bodyOf } from "chatsite/format/body.js";
import { quoteOf } from "chatsite/format/excerpt.js";
import { shownSender } from "chatsite/format/senders.js";
import { gettext, ngettext } from "chatsite/i18n.js";
import { loadModule } from "chatsite/net/module_loader.js";
import { mergeDrafts } from "chatsite/store/drafts.js";

const COUNTER_FROM = 0.9; // of the limit

/**
 * Emits bubbling events: "composer-send" ({body, replyTo}), on each change "composer-draft" ({body, replyTo}, where `body` is the
 * text as it was typed), "composer-typing", "composer-edit-last", "composer-join", and for a text over the limit "composer-send-file"
 * ({body, replyTo}) or, if the user tries to send it as it is, "composer-too-long". A handler that prevents the default of
 * "composer-send" keeps the message in the composer.
 */
export class MessageComposer extends HTMLElement {
  limit = 8000;
  #field;
  #replyTo = null;
  #attachments = { count: 0, held: null };
  /** The draft of the next message, which was begun before the held message was posted. */
  #nextDraft = null;

  connectedCallback() {
    this.#field = this.querySelector("textarea");
    assistWriting(this.#field);
    this.#field.addEventListener("input", () => {
        this.#emitChange();
    });
    this.#field.addEventListener("keydown", (event) => this.#handleKey(event));
    this.querySelector("form").addEventListener("submit", (event) => this.#submit(event));
    this.addEventListener("click", ({ target }) => this.#handleAction(target.closest("[data-action]")?.dataset.action));
  }

  /** Shows a room's draft ({body, replyTo}), or why the user can't post (`closed`), with a button to join if `canJoin`. */
  show({ name, draft, closed, canJoin }) {
    this.hidden = false;
    this.#field.placeholder = gettext("Message %(name)s", { name });
    this.attachments = { count: 0, held: null };
    this.#drawClosed(closed, canJoin);
    this.#write(draft);
  }

  /** The room's slow mode as text, or "". */
  set slowMode(text) {
    const element = this.querySelector(".composer__slow-mode");
    if (element.textContent !== text) element.textContent = text;
  }

  /**
   * Sets the number of the message's files, and the message ({body, replyTo}) that can't be sent until it is known whether it has any,
   * or null. That message is shown read-only, and a draft that was begun after it is shown again afterwards.
   */
  set attachments({ count, held }) {
    const before = this.#attachments.held;
    this.#attachments = { count, held };
    this.#field.readOnly = Boolean(held);
    if (held === before) return this.#updateButton();
    if (!before) this.#nextDraft = held.body === this.#message.body ? { body: "", replyTo: null } : this.#draft;
    this.#write(held ?? this.#nextDraft);
  }

  /** True if the user can post here. */
  get isOpen() {
    return !this.hidden && !this.querySelector("form").hidden;
  }

  reply(message) {
    if (this.#attachments.held) return this.focus();
    this.#drawQuote(quoteOf(message));
    this.#emit("composer-draft");
    this.focus();
  }

  /** Removes a quote of a user for whom `isBlocked(person)` is true. */
  removeQuoteOf(isBlocked) {
    if (!isBlocked(this.#replyTo?.sender)) return;
    this.#drawQuote(null);
    if (!this.#attachments.held) this.#emit("composer-draft");
  }

  /** Shows a draft that another tab has changed. If this tab changed it at the same time (`isConflict`), keeps both. */
  syncDraft(draft, isConflict) {
    if (this.#attachments.held) this.#nextDraft = draft;
    else if (isConflict) this.restoreDraft(draft);
    else this.#write(draft);
  }

  /** Updates the quote of this message or, if it was deleted, removes it. Returns whether it was removed. */
  updateQuote(message) {
    if (this.#attachments.held || this.#replyTo?.id !== message.id) return false;
    this.#drawQuote(message.deleted_at ? null : quoteOf(message));
    this.#emit("composer-draft");
    return Boolean(message.deleted_at);
  }

  /** Sends another text in place of this one, which has been attached as a file. Does nothing if it was changed in the meantime. */
  sendInstead({ body, replyTo }, title) {
    if (body !== this.#message.body) return;
    this.#write({ body: title, replyTo });
    this.querySelector("form").requestSubmit();
  }

  /** Inserts a message that can't be posted yet before the text written since. */
  restoreDraft(message) {
    const draft = mergeDrafts(message, this.#attachments.held ? this.#nextDraft : this.#draft);
    if (this.#attachments.held) this.#nextDraft = draft;
    else this.#write(draft);
    this.#emit("composer-draft", draft);
  }

  focus() {
    endPreview(this.#field);
    this.#field.focus();
  }

  /** Pastes text from the clipboard at the caret. Returns whether there was any. */
  paste(data) {
    const text = data?.getData("text/plain");
    if (!text || this.#field.readOnly) return false;
    return paste(this.#field, data) || insertText(this.#field, text);
  }

  /** The message as it would be sent, with the number of its files and of the characters over the limit. */
  get outgoing() {
    return { ...this.#message, files: this.#attachments.count, isHeld: Boolean(this.#attachments.held), excess: this.#excess() };
  }

  /** Empties the field after its message was scheduled, unless the text was changed in the meantime. */
  finish(body) {
    if (body !== this.#message.body) return;
    this.#field.value = "";
    this.#drawQuote(null);
    this.#emitChange();
    this.focus();
  }

  get isEmpty() {
    return !this.#field.value.trim();
  }

  get #hasContent() {
    return !this.isEmpty || this.#attachments.count > 0;
  }

  get #draft() {
    return { body: this.#field.value, replyTo: this.#replyTo };
  }

  get #message() {
    return { body: bodyOf(this.#field.value), replyTo: this.#replyTo };
  }

  #drawClosed(text, canJoin) {
    this.querySelector("form").hidden = Boolean(text);
    const closed = this.querySelector(".composer__closed");
    closed.hidden = !text;
    closed.querySelector("p").textContent = text ?? "";
    closed.querySelector("button").hidden = !canJoin;
  }

  #write({ body, replyTo }) {
    this.#field.value = body;
    this.#field.dispatchEvent(new Event("field-replaced"));
    this.#drawQuote(replyTo);
    this.#update();
  }

  #emitChange() {
    this.#update();
    this.#emit("composer-draft");
    if (!this.isEmpty) this.#emit("composer-typing");
  }

  #handleKey(event) {
    if (event.defaultPrevented) return;
    if (isSendKey(event)) this.#submit(event);
    else if (event.key === "ArrowUp" && !event.altKey && !this.#field.value) {
      event.preventDefault();
      this.#emit("composer-edit-last");
    } else if (event.key === "Escape" && this.#replyTo) {
      event.preventDefault();
      this.#handleAction("unreply");
    }
  }

  #submit(event) {
    event.preventDefault();
    if (!this.#hasContent || this.#attachments.held) return;
    if (this.#excess() > 0) return this.#emit("composer-too-long");
    if (!this.#emit("composer-send", this.#message)) return;
    this.#field.value = "";
    this.#drawQuote(null);
    this.#emitChange();
    this.focus();
  }

  #handleAction(action) {
    if (action === "join") this.#emit("composer-join");
    if (action === "send-as-file" && !this.#attachments.held) this.#emit("composer-send-file", this.#message);
    if (action === "format") this.querySelector("format-bar").toggle();
    if (action === "emoji") this.#addEmoji();
    if (action === "formatting-help") document.getElementById("formatting").showModal();
    if (action !== "unreply" || this.#attachments.held) return;
    this.#drawQuote(null);
    this.#emit("composer-draft");
    this.focus();
  }

  #addEmoji() {
    const anchor = this.querySelector('[data-action="emoji"]');
    return attempt(async () => {
      const { pickEmoji } = await loadModule("chatsite/elements/emoji_picker.js");
      const emoji = await pickEmoji({ anchor, label: gettext("Add emoji") });
      if (emoji && !this.#field.readOnly) insertText(this.#field, emoji);
    });
  }

  #drawQuote(replyTo) {
    this.#replyTo = replyTo;
    this.querySelector(".composer__reply").hidden = !replyTo;
    const [name, excerpt] = this.querySelectorAll(".composer__quote bdi");
    name.textContent = replyTo ? gettext("%(name)s:", { name: shownSender(replyTo).name }) : "";
    excerpt.textContent = replyTo?.excerpt ?? "";
  }

  #update() {
    endPreview(this.#field);
    grow(this.#field);
    const excess = this.#excess();
    const counter = this.querySelector(".composer__count");
    const isNear = this.#length() > this.limit * COUNTER_FROM && excess <= 0;
    counter.textContent = isNear ? ngettext("%(count)s character left", "%(count)s characters left", -excess) : "";
    this.#drawExcess(excess);
    this.#updateButton();
  }

  #drawExcess(excess) {
    const element = this.querySelector(".composer__excess");
    element.lastElementChild.hidden = excess <= 0;
    element.firstElementChild.textContent = excess > 0 ? ngettext("Too long by %(count)s character.", "Too long by %(count)s characters.", excess) : "";
  }

  #updateButton() {
    this.querySelector(".composer__send").disabled = !this.#hasContent || Boolean(this.#attachments.held) || this.#excess() > 0;
  }

  /** Returns the length in characters, like the server, rather than in UTF-16 code units, or 0 if it is far from the limit. */
  #length() {
    return this.#field.value.length > this.limit / 2 ? [...bodyOf(this.#field.value)].length : 0;
  }

  #excess() {
    return this.#length() - this.limit;
  }

  #emit(name, detail = this.#draft) {
    return this.dispatchEvent(new CustomEvent(name, { bubbles: true, cancelable: true, detail }));
  }
}

customElements.define("message-composer", MessageComposer);
