/** What a person does on the page: sends, edits, deletes, copies a link, joins, leaves, clears. */

import { ask, notify } from "chatsite/elements/dialogs.js";
import { editInPlace } from "chatsite/elements/message_tools.js";
import { report, sweep } from "chatsite/controllers/moderation.js";
import { roomPath } from "chatsite/format/paths.js";
import { cancelUpload } from "chatsite/net/attachments.js";
import { excerptOf } from "chatsite/format/excerpt.js";
import { post, remove } from "chatsite/net/http.js";
import { roomName } from "chatsite/model/rooms.js";

const QUOTED = 500;

export class Deeds {
  #chat;

  constructor(chat) {
    this.#chat = chat;
    document.querySelector("#room-menu").addEventListener("click", ({ target }) => {
      const action = target.closest("[data-action]")?.dataset.action;
      if (action === "clear") this.#clear();
      if (action === "leave") this.#leave();
      if (action === "mute") chat.quiet.muteRoom(chat.currentRoom);
    });
    chat.composer.addEventListener("composer-send", (event) => this.#send(event));
    chat.composer.addEventListener("composer-edit-last", () => this.#editLast());
    chat.composer.addEventListener("composer-join", () => this.#join());
  }

  /** Which tools a message offers. */
  allowed(message) {
    const { current, currentRoom, me } = this.#chat;
    const names = new Set();
    if (!current || !message.seq || message.deleted_at) return names;
    const mine = message.sender.id === me.id;
    const isOpen = !currentRoom?.archived_at;
    if (current.canPost) names.add("reply");
    if (current.isMember && isOpen && mine) names.add("edit");
    names.add("link");
    if (current.canPin && isOpen) names.add(message.pinned_at ? "unpin" : "pin");
    if (mine || current.canModerate) names.add("delete");
    if (!mine) names.add("block");
    if (!mine) names.add("report");
    if (!mine && current.canModerate) names.add("sweep");
    return names;
  }

  act(action, message, element) {
    const { outbox, composer, socket, current } = this.#chat;
    if (action === "reply") composer.reply(message);
    if (action === "edit") this.#edit(message, element);
    if (action === "delete") this.#delete(message);
    if (action === "link") this.#copyLink(message);
    if (action === "person" || action === "block") this.#chat.quiet.person(message.sender);
    if (action === "pin" || action === "unpin") this.#try(() => socket.send(`message.${action}`, { message: message.id }));
    if (action === "report") this.#try(() => report(message));
    if (action === "sweep") this.#try(() => sweep(current.room, message.sender));
    if (action === "jump") this.#jump(message.reply_to);
    if (action === "retry") outbox.retry(message.client_id);
    if (action === "discard") this.#discard(message);
  }

  /** A message goes out: at once, or when its files are there. */
  async post({ room, body, replyTo, attachments }) {
    const { current, outbox, typist, log, conversations, socket } = this.#chat;
    outbox.add({ room, body, replyTo, attachments });
    if (socket.reason === "lost") socket.wake(); // somebody waits for the line: try now
    typist.stopped(room);
    if (room !== current?.room) return;
    current.timeline.newAfter = null;
    if (current.timeline.hasNewer) await conversations.open(room, { fresh: true }).catch(() => {});
    log.toBottom();
  }

  #discard({ client_id: clientId, attachments = [] }) {
    this.#chat.outbox.remove(clientId);
    for (const { id } of attachments) cancelUpload(id).catch(() => {});
  }

  /** The composer's "composer-send". */
  #send(event) {
    const { current, files, slash } = this.#chat;
    const { body, written, replyTo } = event.detail;
    if (slash.run(body)) return; // the files in the tray stay for the message
    const meant = slash.suggest(written);
    if (meant) {
      notify(`Unknown command. Did you mean /${meant}? To send it as a message, start with a space.`, "is-warning");
      return event.preventDefault();
    }
    const attachments = files.take(current.room, { body, replyTo });
    if (!attachments) return event.preventDefault();
    this.post({ room: current.room, body, replyTo, attachments });
  }

  /** The newest message of one's own that can still be changed. */
  #editLast() {
    const { current, log } = this.#chat;
    const message = current?.timeline.messages.findLast((each) => this.allowed(each).has("edit"));
    if (!message) return;
    log.jumpTo(message.id, { flash: false, focus: false });
    this.#edit(message, log.elementOf(message.id));
  }

  async #join() {
    const { current, conversations } = this.#chat;
    await this.#try(() => post(`/rooms/${current.room}/membership/`));
    await conversations.reload(current);
  }

  #edit(message, element) {
    const { socket, composer } = this.#chat;
    editInPlace(element, message, {
      save: (body) => socket.send("message.edit", { message: message.id, body }),
      done: () => {
        this.#chat.redraw();
        composer.focus();
      },
    });
  }

  async #delete(message) {
    const sure = await ask({
      title: "Delete this message?",
      text: "This deletes the message and its files for everyone. This can’t be undone.",
      yes: "Delete",
      quote: excerptOf(message, QUOTED),
    });
    if (sure) await this.#try(() => this.#chat.socket.send("message.delete", { message: message.id }));
  }

  async #copyLink(message) {
    const link = location.origin + roomPath(message.room ?? this.#chat.current.room, message.seq);
    await copy(link);
    notify("Link copied");
  }

  #jump(reply) {
    const { log, current } = this.#chat;
    if (!log.jumpTo(reply.id)) this.#chat.go({ room: current.room, around: reply.seq, push: false });
  }

  async #clear() {
    const { current, currentRoom, conversations } = this.#chat;
    const sure = await ask({
      title: "Clear history for me?",
      text: `All messages so far in ${roomName(currentRoom)} will be hidden for you. Nothing changes for anyone else.`,
      yes: "Clear history",
    });
    if (sure && (await this.#try(() => remove(`/rooms/${current.room}/history/`)))) await conversations.reload(current);
  }

  async #leave() {
    const { current, currentRoom } = this.#chat;
    const text = currentRoom.kind === "private" ? "You’ll need an invite to rejoin." : "You can rejoin at any time.";
    const sure = await ask({ title: `Leave ${roomName(currentRoom)}?`, text, yes: "Leave" });
    if (sure) await this.#try(() => remove(`/rooms/${current.room}/membership/`));
  }

  async #try(deed) {
    try {
      await deed();
      return true;
    } catch (error) {
      notify(error.message, "is-error");
      return false;
    }
  }
}

/** The clipboard API exists only in secure contexts; on a plain-http address the old way still works. */
async function copy(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const field = document.createElement("textarea");
  field.value = text;
  field.className = "sr-only";
  document.body.append(field);
  field.select();
  document.execCommand("copy");
  field.remove();
}
