/** Editing messages. An unsaved edit is kept until it is saved or cancelled, like a draft. */

import { editInPlace, warnOfChange } from "chatsite/elements/message_editor.js";
import { notify } from "chatsite/elements/notices.js";
import { gettext } from "chatsite/i18n.js";

export class Editing {
  #log;
  #composer;
  #conversations;
  #edits;
  #socket;
  #redraw;
  #massMentions;

  /** `edits` are the EditDrafts. `restoreDraft(room, message)` puts a text ({body, replyTo}) into the room's composer. */
  constructor({ log, composer, conversations, edits, socket, redraw, restoreDraft, massMentions }) {
    this.#log = log;
    this.#composer = composer;
    this.#conversations = conversations;
    this.#edits = edits;
    this.#socket = socket;
    this.#redraw = redraw;
    this.#massMentions = massMentions;
    conversations.addEventListener("messages", ({ detail: { messages } }) => {
      for (const message of messages) this.#handleChange(message, restoreDraft);
    });
  }

  /**
   * Opens an editor in the element of a message. `redraw()` draws the message again once the editor has closed. For `place`, see
   * `MassMentions`.
   */
  edit(message, element, { redraw = this.#redraw, place = this.#conversations.current } = {}) {
    const editor = editorOf(message.id); // perhaps in a thread beside the conversation
    if (editor) return editor.querySelector("textarea").focus();
    this.#open(message, element, this.#edits.get(message.id), { redraw, place });
  }

  /** Reopens the editors of unsaved edits, once their messages are drawn. */
  resume() {
    const { current } = this.#conversations;
    if (!current) return;
    for (const { id, ...draft } of this.#edits.inRoom(current.room)) {
      const [message, element] = [current.timeline.get(id), this.#log.elementOf(id)];
      if (message && element && !editorOf(id)) this.#open(message, element, draft, { redraw: this.#redraw, place: current });
    }
  }

  #open(message, element, draft, { redraw, place }) {
    const { id, room } = message;
    editInPlace(element, message, {
      draft,
      latest: () => element.closest("message-log")?.messageAt(element) ?? message,
      onInput: (edit) => this.#edits.set({ id, room, ...edit }),
      save: async (body, editedAt) => {
        if (!(await this.#massMentions.confirm(body, place, message))) throw new Error(gettext("Not saved yet."));
        await this.#socket.send("message.edit", { message: id, body, edited_at: editedAt });
      },
      done: () => {
        this.#edits.remove(id);
        redraw();
        (element.closest(".thread")?.querySelector("message-composer") ?? this.#composer).focus();
      },
    });
  }

  #handleChange(message, restoreDraft) {
    const { id, edited_at: editedAt, deleted_at: deletedAt } = message;
    if (deletedAt && this.#edits.get(id)) this.#rescue(id, restoreDraft);
    const element = editedAt && !deletedAt ? editorOf(id)?.closest(".msg") : null;
    if (element) warnOfChange(element, message);
  }

  /** Keeps the text of an edit whose message was deleted, for example on another device. */
  #rescue(id, restoreDraft) {
    const { room, body } = this.#edits.get(id);
    this.#edits.remove(id);
    restoreDraft(room, { body, replyTo: null });
    notify(gettext("The message you were editing was deleted. Your text is now in the message field."), "is-warning");
  }
}

/** Returns the message's editor, in the conversation or in a thread, or null. */
function editorOf(id) {
  return document.querySelector(`.msg[data-id="${id}"] .editor`);
}
