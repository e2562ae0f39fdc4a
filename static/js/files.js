/** The files of the messages that are being written. What sends them is fetched when there is something to send. */

import { notify } from "chatsite/elements/dialogs.js";
import { watchIntake } from "chatsite/elements/file_intake.js";
import { titleOf } from "chatsite/room_head.js";

export class Files {
  #chat;
  #store;
  #tab;
  #sending = null;
  #loading = null;
  /** Rooms for which files were brought that wait for what sends them; and those whose message was sent meanwhile. */
  #coming = new Set();
  #held = new Set();
  /** Until it is known what an earlier page left, any room's message may have files. */
  #isUnknown = true;
  #adopting = null;

  constructor(chat, { store, tab }) {
    this.#chat = chat;
    this.#store = store;
    this.#tab = tab;
  }

  start() {
    watchIntake({
      canTake: () => Boolean(this.#chat.current) && this.#chat.composer.isOpen,
      where: () => `Add to your message in ${titleOf(this.#chat.currentRoom)}`,
      take: (...brought) => this.#add(...brought),
    });
  }

  get isEmpty() {
    return !this.#coming.size && (this.#sending?.isEmpty ?? true);
  }

  /** Goes on with what another tab, or this one before a reload, began. */
  adopt() {
    this.#adopting ??= this.#adopt().finally(() => {
      this.#adopting = null;
    });
  }

  opened() {
    this.#sending?.opened();
  }

  draw() {
    const { composer, current } = this.#chat;
    const { count, isHeld } = this.#sending?.draw() ?? { count: 0, isHeld: false };
    composer.files = { count, isHeld: isHeld || this.#held.has(current?.room) };
  }

  /** What the room's message takes along, or null: some of it is still on its way, and the message goes when it is there. */
  take(room) {
    if (!this.#isUnknown && !this.#coming.has(room)) return this.#sending ? this.#sending.take(room) : [];
    this.#held.add(room);
    this.draw();
    if (this.#isUnknown) this.adopt();
    return null;
  }

  /** The message that waited goes: from the field, or from a draft that is not in it. */
  complete(room) {
    const { current, composer, drafts, outbox } = this.#chat;
    const draft = drafts.get(room);
    const isElsewhere = composer.isEmpty && draft.body; // a tab that is gone wrote it
    this.draw();
    if (room === current?.room && !isElsewhere) return composer.submit();
    const attachments = this.take(room);
    if (!attachments || !(draft.body || attachments.length)) return;
    outbox.add({ room, ...draft, attachments });
    drafts.set(room, { body: "" });
  }

  touch() {
    this.#sending?.touch();
  }

  drop(room) {
    this.#held.delete(room);
    this.#sending?.drop(room);
  }

  async #adopt() {
    const isNeeded = this.#sending || !(await this.#store.isEmpty());
    const sending = isNeeded ? await this.#load() : null;
    if (isNeeded && !sending) return this.#release();
    try {
      await sending?.adopt();
    } finally {
      this.#isUnknown = false; // also where the store cannot be read: then it holds nothing for this page
      for (const room of [...this.#held].filter((each) => !this.#coming.has(each))) this.#goOn(room);
    }
  }

  /** What was sent before its files were known goes now, or when they are there. */
  #goOn(room) {
    this.#held.delete(room);
    if (!this.#sending?.hold(room)) this.complete(room);
  }

  /** Whoever sends once more asks once more. */
  #release() {
    this.#held.clear();
    this.draw();
  }

  async #add(files, folders) {
    const { room } = this.#chat.current;
    this.#coming.add(room);
    const sending = await this.#load();
    this.#coming.delete(room);
    sending?.add(room, files, folders);
    if (this.#held.delete(room)) sending?.hold(room);
    this.draw();
  }

  async #load() {
    this.#loading ??= import("chatsite/sending.js");
    try {
      const { Sending } = await this.#loading;
      this.#sending ??= new Sending(this.#chat, { store: this.#store, tab: this.#tab });
    } catch {
      this.#loading = null;
      notify("Files cannot be sent now. Is there a connection?", "is-error");
    }
    return this.#sending;
  }
}
