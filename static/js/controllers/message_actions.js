/** The actions on a message, such as reply, edit, delete, pin and report. */

import { copyText } from "chatsite/elements/clipboard.js";
import { attempt, confirmAction, notify, promptFor } from "chatsite/elements/dialogs.js";
import { watchMessageTools } from "chatsite/elements/message_tools.js";
import { excerptOf } from "chatsite/format/excerpt.js";
import { roomPath } from "chatsite/format/paths.js";
import { gettext, ngettext } from "chatsite/i18n.js";
import { cancelUpload } from "chatsite/net/attachments.js";
import { post } from "chatsite/net/http.js";

const EXCERPT_LENGTH = 500;
const REASON_LENGTH = 500;

export class MessageActions {
  #log;
  #composer;
  #conversations;
  #people;
  #openRoom;
  #editing;
  /** The actions by their names in the templates' `data-action`. */
  #actions;

  constructor({ log, composer, conversations, people, outbox, attachments, editing, socket, openRoom, showPerson, openDirectRoom }) {
    this.#log = log;
    this.#composer = composer;
    this.#conversations = conversations;
    this.#people = people;
    this.#openRoom = openRoom;
    this.#editing = editing;
    const send = (type) => (message) => attempt(() => socket.send(type, { message: message.id }));
    this.#actions = {
      reply: (message) => composer.reply(message),
      edit: (message, element) => editing.edit(message, element),
      copy: (message) => attempt(() => copy(message.body, gettext("Text copied"))),
      link: (message) => attempt(() => this.#copyLink(message)),
      pin: send("message.pin"),
      unpin: send("message.unpin"),
      unread: ({ seq }) => attempt(() => socket.send("room.unread", { room: conversations.current.room, seq })),
      delete: (message) => confirmDeletion(message, socket),
      person: ({ sender }) => showPerson(sender),
      direct: ({ sender }) => openDirectRoom(sender.id),
      block: ({ sender }) => showPerson(sender),
      report: (message) => attempt(() => report(message)),
      "delete-all": ({ sender }) => attempt(() => deleteAllFrom(sender, conversations.current.room)),
      jump: (message) => this.#jumpTo(message.reply_to),
      retry: (message) => outbox.retry(message.client_id),
      rewrite: async ({ client_id: clientId, room, body, reply_to: replyTo, attachments: files = [] }) => {
        if (await attachments.restore(room, { body, replyTo }, files)) outbox.remove(clientId);
      },
      discard: ({ client_id: clientId, attachments: files = [] }) => {
        outbox.remove(clientId);
        for (const { id } of files) cancelUpload(id).catch(() => {});
      },
    };
    watchMessageTools(log, { allowed: (message) => this.#allowed(message), act: (name, ...args) => this.#actions[name]?.(...args) });
    composer.addEventListener("composer-edit-last", () => this.#editLast());
  }

  /** Returns the names of the actions that are allowed on a message. */
  #allowed(message) {
    const { current, currentRoom } = this.#conversations;
    if (!current || !message.seq || message.deleted_at) return new Set();
    const isOwn = message.sender.id === this.#people.me.id;
    const isOpen = !currentRoom?.archived_at;
    const isAllowed = {
      reply: current.canPost,
      edit: current.isMember && isOpen && isOwn,
      copy: Boolean(message.body),
      link: true,
      [message.pinned_at ? "unpin" : "pin"]: current.canPin && isOpen,
      delete: isOwn || current.canModerate,
      unread: current.isMember && !isOwn,
      person: !isOwn,
      direct: !isOwn && currentRoom?.kind !== "direct",
      block: !isOwn,
      report: !isOwn,
      "delete-all": !isOwn && current.canModerate,
    };
    return new Set(Object.keys(isAllowed).filter((name) => isAllowed[name]));
  }

  /** Edits the user's newest message that can be edited. */
  #editLast() {
    const message = this.#conversations.current?.timeline.messages.findLast((each) => this.#allowed(each).has("edit"));
    if (!message) return;
    this.#log.jumpTo(message.id, { flash: false, focus: false });
    this.#editing.edit(message, this.#log.elementOf(message.id));
  }

  #copyLink({ room = this.#conversations.current.room, seq }) {
    return copy(location.origin + roomPath(room, seq), gettext("Link copied"));
  }

  #jumpTo({ id, seq }) {
    if (!this.#log.jumpTo(id)) this.#openRoom({ room: this.#conversations.current.room, around: seq, push: false });
  }
}

async function copy(text, notice) {
  await copyText(text);
  notify(notice);
}

async function confirmDeletion(message, socket) {
  const isConfirmed = await confirmAction({
    title: gettext("Delete this message?"),
    text: gettext("This deletes the message and its files for everyone. This can’t be undone."),
    action: gettext("Delete message"),
    quote: excerptOf(message, EXCERPT_LENGTH),
  });
  if (isConfirmed) await attempt(() => socket.send("message.delete", { message: message.id }));
}

async function report(message) {
  const reason = await promptFor({
    title: gettext("Report message"),
    text: gettext(
      "Admins will see this message with the messages around it, your name and your reason. The author won’t know who reported it. We’ll let you know the outcome.",
    ),
    field: gettext("Reason"),
    limit: REASON_LENGTH,
    action: gettext("Report message"),
    quote: excerptOf(message, EXCERPT_LENGTH),
  });
  if (reason === null) return;
  await post(`/messages/${message.id}/reports/`, { reason });
  notify(gettext("Thanks. Admins will review your report and let you know the outcome."));
}

/** Deletes a user's messages in a room from the period that the moderator chooses. */
async function deleteAllFrom(person, room) {
  const span = await promptFor({
    title: gettext("Delete messages from %(name)s?", { name: person.name }),
    text: gettext("Their messages and files in this room will be deleted for everyone. This can’t be undone."),
    field: gettext("Which messages"),
    choices: {
      hour: gettext("Messages from the last hour"),
      day: gettext("Messages from the last 24 hours"),
      all: gettext("All messages"),
    },
    action: gettext("Delete messages"),
  });
  if (span === null) return;
  const response = await post(`/rooms/${room}/members/${person.id}/messages/`, { span });
  const { deleted, remaining } = await response.json();
  if (remaining) notify(ngettext("Deleting %(count)s message…", "Deleting %(count)s messages…", remaining));
  else notify(ngettext("%(count)s message deleted.", "%(count)s messages deleted.", deleted));
}
