/**
 * Deletes messages. Moderators can undo a deletion for ten seconds. The server holds it until the page says that they are over, but
 * not for long, so it takes place even if the page is closed or loses its connection.
 */

import { attempt, confirmAction, promptFor } from "chatsite/elements/dialogs.js";
import { notify, notifyUndoable } from "chatsite/elements/notices.js";
import { excerptOf } from "chatsite/format/excerpt.js";
import { gettext, ngettext } from "chatsite/i18n.js";
import { post, remove } from "chatsite/net/http.js";

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
    addEventListener("pagehide", () => this.#startAll());
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
      text: gettext("This deletes the message and its files for everyone, but not copies that were forwarded. This can’t be undone."),
      action: gettext("Delete message"),
      quote: excerptOf(message, EXCERPT_LENGTH),
    });
    if (isConfirmed) await attempt(() => this.#send(message.id));
  }

  async deleteAsModerator(message) {
    const isConfirmed = await confirmAction({
      title: gettext("Delete this message?"),
      text: gettext("This deletes the message and its files for everyone, but not copies that were forwarded. You’ll have 10 seconds to undo it."),
      action: gettext("Delete message"),
      quote: excerptOf(message, EXCERPT_LENGTH),
    });
    if (!isConfirmed || this.#messages.has(message.id)) return;
    this.#messages.add(message.id);
    this.#changed();
    this.#offerUndo(message.id, gettext("Deleting the message…"), {
      deletion: hold(`/messages/${message.id}/deletion/`),
      onUndone: () => this.#restore(message.id),
      onRefused: (error) => this.#fail(message.id, error),
    });
  }

  /** Deletes a user's messages in a room from the period that the moderator chooses. */
  async deleteAllFrom(person, room) {
    const { name } = person;
    const span = await promptFor({
      title: gettext("Delete messages from %(name)s?", { name }),
      text: gettext("Their messages and files in this room will be deleted for everyone, but not copies that others have forwarded. You’ll have 10 seconds to undo it."),
      field: gettext("Which messages"),
      choices: {
        hour: gettext("Messages from the last hour"),
        day: gettext("Messages from the last 24 hours"),
        all: gettext("All messages"),
      },
      action: gettext("Delete messages"),
    });
    if (span === null) return;
    this.#offerUndo(`${room} ${person.id}`, gettext("Deleting messages from %(name)s…", { name }), {
      deletion: hold(`/rooms/${room}/members/${person.id}/messages/`, { span, held: "1" }),
      onStarted: notifyOfAll,
      onRefused: ({ message }) => notify(message, "is-error"),
    });
  }

  /** Shows a notice with an undo button. `deletion` is a promise of its id; the server begins it after 30 seconds, or when told to. */
  async #offerUndo(key, text, { deletion, onUndone = () => {}, onStarted = () => {}, onRefused }) {
    this.#notices.get(key)?.end();
    const undo = () => attempt(async () => onUndone(await remove(urlOf(await deletion))));
    const start = async () => onStarted(await (await post(urlOf(await deletion), {}, { keepalive: true })).json());
    const notice = notifyUndoable(text, { undo, onEnd: () => start().catch(() => {}) }); // or the server begins it by itself
    this.#notices.set(key, notice);
    await deletion.catch((error) => {
      notice.remove();
      onRefused(error);
    });
  }

  #send(id) {
    return this.#socket.send("message.delete", { message: id });
  }

  #startAll() {
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

/** Requests a deletion that can be undone. Resolves with its id. */
async function hold(url, fields = {}) {
  const response = await post(url, fields, { keepalive: true });
  return (await response.json()).deletion;
}

function urlOf(deletion) {
  return `/deletions/${deletion}/`;
}

function notifyOfAll({ deleted, remaining }) {
  if (remaining) notify(ngettext("Deleting %(count)s message…", "Deleting %(count)s messages…", remaining));
  else notify(ngettext("%(count)s message deleted.", "%(count)s messages deleted.", deleted));
}
