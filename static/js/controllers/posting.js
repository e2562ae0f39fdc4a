/** Runs slash commands, makes messages wait for their files, and passes other messages to the outbox. */

import { attempt } from "chatsite/elements/dialogs.js";
import { notify } from "chatsite/elements/notices.js";
import { titleOf } from "chatsite/format/body.js";
import { gettext } from "chatsite/i18n.js";
import { post } from "chatsite/net/http.js";
import { loadModule } from "chatsite/net/module_loader.js";

const TEXT_FILE = "message.txt";

export class Posting {
  #log;
  #conversations;
  #outbox;
  #socket;
  #typingSender;
  #attachments;
  #slashCommands;
  #roomCommands;
  #roomTitle;
  #massMentions;
  /** The text of a message that notifies many people, which the user has agreed to send. */
  #agreed = null;

  constructor({ composer, log, conversations, outbox, socket, typingSender, attachments, roomTitle, massMentions, drafts, ...commands }) {
    this.#log = log;
    this.#conversations = conversations;
    this.#outbox = outbox;
    this.#socket = socket;
    this.#typingSender = typingSender;
    this.#attachments = attachments;
    this.#slashCommands = commands.slashCommands;
    this.#roomCommands = commands.roomCommands;
    this.#roomTitle = roomTitle;
    this.#massMentions = massMentions;
    this.watch(composer, {
      get: () => conversations.current,
      take: (message) => attachments.take(conversations.current.room, message),
      posted: () => this.#showEnd(),
      forget: (room, body) => drafts.get(room).body === body && drafts.set(room, { body: "", replyTo: null }),
    });
    for (const each of [composer, log]) this.watchPreviews(each);
    composer.addEventListener("composer-join", () => this.#join());
  }

  /**
   * Posts what is sent from a composer. `get()` returns the place that it is for (see `MassMentions`). `take(message)` returns what
   * `Attachments.take` does, and in a thread its id and the `replyTo`. `posted()` is called when the message has left the composer.
   * `thread` is the id of a thread. `forget(room, body)` deletes the draft of a command that was run, if it is still the same.
   */
  watch(composer, place) {
    composer.addEventListener("composer-send", (event) => this.#send(event, composer, place));
    composer.addEventListener("composer-send-file", ({ detail }) => this.#sendAsFile(detail, composer, place));
    composer.addEventListener("composer-too-long", () => {
      notify(gettext("This message is too long. Shorten it, or send it as a text file."), "is-warning");
    });
  }

  /** Lets the user preview what they write in a field of this element. */
  watchPreviews(element) {
    element.addEventListener("writing-preview", ({ target }) => this.#preview(target));
  }

  /** With the `id` and time (`at`) of a message that waited for its files. */
  post({ room, thread, body, replyTo, attachments, id, at }) {
    this.#outbox.add({ room, thread, body, replyTo, attachments, id, at });
    if (this.#socket.reason === "lost") this.#socket.wake(); // the user is waiting for the connection
    this.#typingSender.stopped(room);
  }

  /** Prevents the event's default if the message stays in the composer. */
  #send(event, composer, place) {
    const { get, take, posted } = place;
    const { body } = event.detail;
    if (this.#slashCommands.run(body)) return; // files in the tray are kept for the next message
    const unknown = this.#slashCommands.unknown(body);
    if (unknown) {
      event.preventDefault();
      return this.#runCommand(unknown, body, composer, place);
    }
    const { room, members } = get();
    if (this.#agreed !== body && this.#massMentions.mayNotify(body, { members })) {
      event.preventDefault();
      return this.#ask(event.detail, composer, get);
    }
    this.#agreed = null;
    const { attachments, isHeld, thread, replyTo = event.detail.replyTo } = take(event.detail);
    if (!attachments && !isHeld) return event.preventDefault();
    if (attachments) this.post({ room, thread, body, replyTo, attachments });
    posted();
  }

  /** Runs a command of the room. The text stays in the message field until it has been answered. */
  async #runCommand(command, body, composer, { get, thread, forget }) {
    const { room } = get();
    composer.ariaBusy = "true";
    try {
      if (!(await this.#roomCommands.has(room, command))) return notify(this.#unknownText(command, room), "is-warning");
      const text = body.slice(command.length + 1).trim();
      if (!(await this.#roomCommands.run({ room, thread, command, text }))) return;
      if (composer.isConnected && room === get()?.room) composer.finish(body);
      else forget(room, body);
    } catch (error) {
      notify(error.message, "is-error");
    } finally {
      composer.ariaBusy = null;
    }
  }

  #unknownText(command, room) {
    const others = (this.#roomCommands.known(room) ?? []).map(({ name }) => name);
    const suggestion = this.#slashCommands.suggest(command, others);
    return suggestion
      ? gettext("Unknown command. Did you mean /%(command)s? To send it as a message, start with a space.", { command: suggestion })
      : gettext("There’s no command /%(command)s. To send it as a message, start with a space.", { command });
  }

  /** The text stays in the message field until the user agrees. */
  async #ask(message, composer, get) {
    const place = get();
    const isAgreed = await this.#massMentions.confirm(message.body, place);
    if (!isAgreed || !composer.isConnected || place.room !== get()?.room) return composer.focus();
    this.#agreed = message.body;
    composer.sendInstead(message, message.body);
  }

  /** Sends a text that is too long as a file, and its first line as the message. */
  async #sendAsFile(message, composer, { get }) {
    const { room } = get();
    const file = new File([message.body], TEXT_FILE, { type: "text/plain" });
    const isAttached = await this.#attachments.addFile(file, composer);
    if (isAttached && composer.isConnected && room === get()?.room) composer.sendInstead(message, titleOf(message.body));
  }

  #preview(field) {
    const render = async (body) => (await this.#socket.send("message.preview", { body })).html;
    return attempt(async () => {
      const { togglePreview } = await loadModule("chatsite/elements/writing_preview.js");
      await togglePreview(field, { render, roomTitle: this.#roomTitle });
    });
  }

  async #showEnd() {
    const { current } = this.#conversations;
    current.timeline.newAfter = null;
    if (current.timeline.hasNewer) await this.#conversations.reload(current);
    if (current.room === this.#conversations.current?.room) this.#log.scrollToBottom();
  }

  async #join() {
    const { current } = this.#conversations;
    await attempt(() => post(`/rooms/${current.room}/membership/`));
    await this.#conversations.reload(current);
  }
}
