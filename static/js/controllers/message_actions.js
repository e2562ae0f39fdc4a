/** The actions on a message, such as reply, edit, delete, pin and report. */

import { copyText } from "chatsite/elements/clipboard.js";
import { attempt, promptFor } from "chatsite/elements/dialogs.js";
import { watchMessageTools } from "chatsite/elements/message_tools.js";
import { notify } from "chatsite/elements/notices.js";
import { removeSaved } from "chatsite/elements/saved_removal.js";
import { excerptOf } from "chatsite/format/excerpt.js";
import { editHistoryPath, notificationPath, reminderPath, roomPath, savedPath, threadPath } from "chatsite/format/paths.js";
import { gettext } from "chatsite/i18n.js";
import { cancelUpload } from "chatsite/net/attachments.js";
import { post } from "chatsite/net/http.js";

const EXCERPT_LENGTH = 500;
const REASON_LENGTH = 500;
const SENDING_TIMEOUT = 3000; // in milliseconds

export class MessageActions {
  #log;
  #conversations;
  #people;
  #outbox;
  #attachments;
  #openRoom;
  #openPage;
  #saved;
  #threads;
  #rooms;
  /** The actions by their names in the templates' `data-action`. */
  #actions;

  constructor({ log, composer, conversations, people, outbox, attachments, editing, deletions, reactions, socket, ...openers }) {
    this.#log = log;
    this.#conversations = conversations;
    this.#people = people;
    this.#outbox = outbox;
    const { showPerson, openDirectRoom, openRoom, openPage, forwardTo } = openers;
    this.#openRoom = openRoom;
    this.#openPage = openPage;
    this.#saved = openers.saved;
    this.#threads = openers.threads;
    this.#rooms = openers.rooms;
    const send = (type) => (message) => attempt(() => socket.send(type, { message: message.id }));
    this.#actions = {
      react: (message, element, button) => attempt(() => reactions.pick(message, button.isConnected && button.offsetParent ? button : element)),
      "toggle-reaction": (message, element, button) => attempt(() => reactions.toggle(message, button.dataset.emoji)),
      reactions: (message) => attempt(() => reactions.showPeople(message)),
      reply: (message) => composer.reply(message),
      thread: (message) => openPage(threadPath(message.room, this.#threads.idOf(message) ?? message.id)),
      edit: (message, element) => editing.edit(message, element),
      copy: (message) => attempt(() => copy(message.body, gettext("Text copied"))),
      link: (message) => attempt(() => this.#copyLink(message)),
      save: ({ id }) => attempt(() => this.#save(id)),
      unsave: ({ id }) => attempt(() => this.#unsave(id)),
      remind: ({ id }) => openPage(reminderPath(id)),
      forward: (message) => attempt(() => forwardTo(message)),
      notification: ({ id }) => openPage(notificationPath(id)),
      history: ({ id }) => openPage(editHistoryPath(id)),
      pin: send("message.pin"),
      unpin: send("message.unpin"),
      unread: ({ room, seq }) => attempt(() => socket.send("room.unread", { room, seq })),
      delete: (message) => (this.#isOwn(message) ? deletions.deleteOwn(message) : deletions.deleteAsModerator(message)),
      person: ({ sender }) => showPerson(sender),
      direct: ({ sender }) => openDirectRoom(sender.id),
      block: ({ sender }) => showPerson(sender),
      report: (message) => attempt(() => report(message)),
      "delete-all": ({ sender, room }) => deletions.deleteAllFrom(sender, room),
      "remove-preview": ({ id }, element, { dataset }) =>
        attempt(() => socket.send("link_preview.remove", { message: id, preview: Number(dataset.preview) })),
      jump: (message) => this.#jumpTo(message.reply_to),
      retry: ({ client_id: clientId, uploads }) => (uploads ? attachments.retryHeld(clientId) : outbox.retry(clientId)),
      rewrite: (post) => this.rewrite(post),
      discard: ({ client_id: clientId, attachments: files = [], uploads }) => {
        if (uploads) return attachments.discardHeld(clientId);
        outbox.remove(clientId);
        for (const { id } of files) cancelUpload(id).catch(() => {});
      },
    };
    this.#attachments = attachments;
    this.watch(log);
    const edit = (message, element) => editing.edit(message, element);
    this.watchEditing(composer, { log, edit, place: () => conversations.current, messages: () => conversations.current?.timeline.messages ?? [] });
  }

  /**
   * Lets the user act on the messages of a log. `place()` returns where they are: {room, isMember, canPost, canModerate, canPin}.
   * `others` are actions that differ from those in the conversation.
   */
  watch(log, { place = () => this.#conversations.current, ...others } = {}) {
    const act = (name, ...args) => (others[name] ?? this.#actions[name])?.(...args);
    log.addEventListener("log-drawn", () => log.classList.toggle("is-moderated", Boolean(place()?.canModerate)));
    watchMessageTools(log, { allowed: (message) => this.#allowed(message, place()), act });
  }

  /**
   * Lets "composer-edit-last" edit the user's newest message of a log. `messages()` returns those of the log, `edit(message, element)`
   * opens an editor.
   */
  watchEditing(composer, options) {
    composer.addEventListener("composer-edit-last", () => this.#editLast({ composer, ...options }));
  }

  /** Puts an unsent message back into the composer of the place where it was written, or of `thread`. */
  async rewrite({ client_id: clientId, room, thread = null, body, reply_to: replyTo, attachments: files = [], uploads }) {
    if (uploads) return this.#attachments.releaseHeld(clientId);
    if (!(await this.#attachments.restore({ room, thread }, { body, replyTo }, files))) return;
    this.#outbox.remove(clientId);
    if (!this.#attachments.isOpen({ room, thread })) this.#openPage(threadPath(room, thread));
  }

  /** Returns the names of the actions that are allowed on a message. */
  #allowed(message, current = this.#conversations.current) {
    const currentRoom = current ? this.#rooms.get(current.room) : null;
    if (!current || !message.seq || message.deleted_at) return new Set();
    const isOwn = this.#isOwn(message);
    const isOpen = !currentRoom?.archived_at;
    const canReact = current.isMember && isOpen;
    const isAllowed = {
      react: canReact,
      "toggle-reaction": canReact,
      reactions: message.reactions.length > 0,
      reply: current.canPost,
      thread: this.#threads.idOf(message) !== null,
      edit: current.isMember && isOpen && isOwn,
      copy: Boolean(message.body),
      link: true,
      [this.#saved.has(message.id) ? "unsave" : "save"]: true,
      remind: true,
      forward: true,
      notification: current.isMember && !isOwn,
      history: Boolean(message.edited_at),
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

  #isOwn({ sender }) {
    return sender.id === this.#people.me.id;
  }

  /** Edits the user's newest message that can be edited. One that is being sent is waited for, unless the user goes on. */
  #editLast(options, { since = Date.now(), room = options.place()?.room, isDrawn = false } = {}) {
    const { composer, log, place, messages, edit } = options;
    const hasGoneOn = !composer.isConnected || !composer.isEmpty || room !== place()?.room;
    if (hasGoneOn || Date.now() - since > SENDING_TIMEOUT) return;
    if (this.#outbox.inRoom(room).some(({ state }) => state === "waiting")) {
      const retry = () => setTimeout(() => this.#editLast(options, { since, room }));
      return this.#outbox.addEventListener("sent", retry, { once: true });
    }
    const message = messages().findLast((each) => this.#allowed(each, place()).has("edit"));
    if (!message) return;
    if (log.jumpTo(message.id, { flash: false, focus: false })) edit(message, log.elementOf(message.id));
    else if (!isDrawn) requestAnimationFrame(() => this.#editLast(options, { since, room, isDrawn: true })); // it has just been sent
  }

  async #save(id) {
    await post(savedPath(id));
    this.#saved.set(id, true);
    notify(gettext("Saved for later"), "", { action: { text: gettext("Show saved messages"), run: () => this.#openPage("/saved/") } });
  }

  async #unsave(id) {
    await removeSaved(id);
    this.#saved.set(id, false);
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
