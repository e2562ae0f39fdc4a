/**
 * Deletes messages. Moderators can undo a deletion for ten seconds, because the command is only sent after that, or when the page is
 * hidden or closed. Without a connection, nothing is deleted, and a notice says so.
 */

import { attempt, confirmAction, promptFor } from "chatsite/elements/dialogs.js";
import { notify } from "chatsite/elements/notices.js";
import { excerptOf } from "chatsite/format/excerpt.js";
import { gettext, ngettext } from "chatsite/i18n.js";
import { post } from "chatsite/net/http.js";

const TIME_TO_UNDO = 10_000;
const EXCERPT_LENGTH = 500;

/** Emits "change" when messages must be drawn again. */
export class Deletions extends EventTarget {
  #socket;
  /** The notices of messages that will be deleted, by id, and of those of a person. */
  #notices = new Map();
  /** The ids of messages that will be deleted, or whose deletion is not known to be complete. */
  #messages = new Set();

  constructor({ socket, conversations }) {
    super();
    this.#socket = socket;
    conversations.addEventListener("messages", ({ detail: { messages } }) => {
      for (const { id, deleted_at: deletedAt } of messages) if (deletedAt) this.#forget(id);
    });
    document.addEventListener("visibilitychange", () => document.hidden && this.#sendAll());
    document.addEventListener("keydown", (event) => this.#handleKey(event));
    addEventListener("pagehide", () => this.#sendAll());
    socket.addEventListener("state", ({ detail: { state } }) => state !== "live" && this.#sendAll()); // which fails visibly
  }

  /** Returns the message without its content if it will be deleted. */
  apply(message) {
    if (!this.#messages.has(message.id) || message.deleted_at) return message;
    const content = { body: "", html: "", attachments: [], pinned_at: null };
    return { ...message, ...content, version: `${message.version} deleting`, deleted_at: message.at, isDeleting: true };
  }

  async deleteOwn(message) {
    const isConfirmed = await confirmAction({
      title: gettext("Delete this message?"),
      text: gettext("This deletes the message and its files for everyone. This can’t be undone."),
      action: gettext("Delete message"),
      quote: excerptOf(message, EXCERPT_LENGTH),
    });
    if (isConfirmed) await attempt(() => this.#send(message.id));
  }

  async deleteAsModerator(message) {
    const isConfirmed = await confirmAction({
      title: gettext("Delete this message?"),
      text: gettext("This deletes the message and its files for everyone. You’ll have 10 seconds to undo it."),
      action: gettext("Delete message"),
      quote: excerptOf(message, EXCERPT_LENGTH),
    });
    if (!isConfirmed || this.#messages.has(message.id)) return;
    this.#messages.add(message.id);
    this.#changed();
    this.#wait(message.id, gettext("Deleting the message…"), {
      send: () => this.#send(message.id).catch((error) => this.#fail(message.id, error)),
      undo: () => this.#restore(message.id),
    });
  }

  /** Deletes a user's messages in a room from the period that the moderator chooses. */
  async deleteAllFrom(person, room) {
    const { name } = person;
    const span = await promptFor({
      title: gettext("Delete messages from %(name)s?", { name }),
      text: gettext("Their messages and files in this room will be deleted for everyone. You’ll have 10 seconds to undo it."),
      field: gettext("Which messages"),
      choices: {
        hour: gettext("Messages from the last hour"),
        day: gettext("Messages from the last 24 hours"),
        all: gettext("All messages"),
      },
      action: gettext("Delete messages"),
    });
    if (span === null) return;
    this.#wait(`${room} ${person.id}`, gettext("Deleting messages from %(name)s…", { name }), {
      send: () => attempt(() => sendDeletionOfAll(person, room, span)),
    });
  }

  /** Ctrl+Z undoes the last deletion, because its notice is far away in the tab order. Fields keep their own undo. */
  #handleKey(event) {
    const isUndo = (event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey && event.key.toLowerCase() === "z";
    if (!isUndo || event.target.closest("input, textarea, [contenteditable]")) return;
    const notice = [...this.#notices.values()].findLast(({ isShown }) => isShown);
    if (notice) event.preventDefault();
    notice?.act();
  }

  #wait(key, text, { send, undo = () => {} }) {
    this.#notices.get(key)?.end();
    this.#notices.delete(key); // so that it becomes the last one
    const action = { text: gettext("Undo"), run: undo };
    this.#notices.set(key, notify(text, "", { duration: TIME_TO_UNDO, action, onEnd: send }));
  }

  #send(id) {
    return this.#socket.send("message.delete", { message: id });
  }

  #sendAll() {
    for (const notice of this.#notices.values()) notice.end();
    this.#notices.clear();
  }

  #restore(id) {
    this.#messages.delete(id);
    this.#changed();
  }

  #fail(id, { message: reason }) {
    this.#restore(id);
    notify(gettext("The message couldn’t be deleted. %(reason)s", { reason }), "is-error");
  }

  /** The message has been deleted, here or elsewhere. */
  #forget(id) {
    if (!this.#messages.delete(id)) return;
    this.#notices.get(id)?.remove();
    this.#notices.delete(id);
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }
}

async function sendDeletionOfAll(person, room, span) {
  const response = await post(`/rooms/${room}/members/${person.id}/messages/`, { span });
  const { deleted, remaining } = await response.json();
  if (remaining) notify(ngettext("Deleting %(count)s message…", "Deleting %(count)s messages…", remaining));
  else notify(ngettext("%(count)s message deleted.", "%(count)s messages deleted.", deleted));
}
