/** The files of the messages that are being written. What sends them is fetched when there is something to send. */

import { notify } from "chatsite/elements/dialogs.js";
import { watchIntake } from "chatsite/elements/file_drop.js";
import { titleOf } from "chatsite/controllers/room_header.js";

export class Files {
  #chat;
  #store;
  #tab;
  #sending = null;
  #loading = null;
  /** Rooms for which files were brought that wait for what sends them; and the message of each room that was sent meanwhile. */
  #coming = new Set();
  #held = new Map();
  /** Until it is known what an earlier page left, any room's message may have files. */
  #isUnknown = true;
  #takingOver = null;

  constructor(chat, { store, tab }) {
    this.#chat = chat;
    this.#store = store;
    this.#tab = tab;
  }

  start() {
    watchIntake({
      canTake: () => Boolean(this.#chat.current) && this.#chat.composer.isOpen,
      where: () => `Drop files to attach to ${titleOf(this.#chat.currentRoom)}`,
      take: (...brought) => this.#add(...brought),
    });
  }

  get isEmpty() {
    return !this.#coming.size && (this.#sending?.isEmpty ?? true);
  }

  /** Goes on with what another tab, or this one before a reload, began. */
  takeOver() {
    this.#takingOver ??= this.#takeOver().finally(() => {
      this.#takingOver = null;
    });
  }

  opened() {
    this.#sending?.opened();
  }

  draw() {
    const { composer, current, quiet } = this.#chat;
    const { count, held: waiting } = this.#sending?.draw() ?? { count: 0, held: null };
    const held = waiting ?? this.#held.get(current?.room) ?? null;
    if (quiet.isBlocked(held?.replyTo?.sender)) held.replyTo = null;
    composer.files = { count, held };
  }

  /**
   * What the message ({body, replyTo}) takes along, or null: some of it is still on its way, and the message goes when it is
   * there, or one broke, and it stays.
   */
  take(room, message) {
    if (!this.#isUnknown && !this.#coming.has(room)) return this.#sending ? this.#sending.take(room, message) : [];
    this.#held.set(room, { ...message });
    this.draw();
    if (this.#isUnknown) this.takeOver();
    return null;
  }

  /** The message that waited goes. */
  post(room, message, attachments) {
    this.draw();
    if (message.body || attachments.length) this.#chat.deeds.post({ ...message, room, attachments });
  }

  /** It waits no longer, and is to be written on. */
  restoreDraft(room, message) {
    const { current, composer, drafts } = this.#chat;
    this.draw();
    if (room === current?.room) composer.restoreDraft(message);
    else drafts.restore(room, message);
  }

  renewLease() {
    this.#sending?.renewLease();
  }

  removeRoom(room) {
    this.#held.delete(room);
    this.#sending?.removeRoom(room);
  }

  async #takeOver() {
    const isNeeded = this.#sending || !(await this.#store.isEmpty());
    const sending = isNeeded ? await this.#load() : null;
    if (isNeeded && !sending) return this.#release();
    try {
      await sending?.takeOver();
    } finally {
      this.#isUnknown = false; // also where the store cannot be read: then it holds nothing for this page
      for (const room of [...this.#held.keys()].filter((each) => !this.#coming.has(each))) this.#goOn(room);
    }
  }

  /** What was sent before its files were known goes now, or when they are there. */
  #goOn(room) {
    const message = this.#held.get(room);
    this.#held.delete(room);
    const attachments = this.#sending ? this.#sending.take(room, message) : [];
    if (attachments) {
      this.#chat.drafts.discardSent(room, message);
      this.post(room, message, attachments);
    } else if (!this.#sending.holds(room)) this.restoreDraft(room, message);
  }

  /** Whoever sends once more asks once more. */
  #release(rooms = [...this.#held.keys()]) {
    for (const room of rooms) {
      const message = this.#held.get(room);
      this.#held.delete(room);
      if (message) this.restoreDraft(room, message);
    }
  }

  async #add(files, folders) {
    const { room } = this.#chat.current;
    this.#coming.add(room);
    const sending = await this.#load();
    this.#coming.delete(room);
    sending?.add(room, files, folders);
    if (!sending) this.#release([room]);
    else if (this.#held.has(room) && !this.#isUnknown) this.#goOn(room);
    this.draw();
  }

  async #load() {
    this.#loading ??= import("chatsite/controllers/uploads_controller.js");
    try {
      const { Sending } = await this.#loading;
      this.#sending ??= new Sending(this.#chat, { store: this.#store, tab: this.#tab });
    } catch {
      this.#loading = null;
      notify("Couldn’t attach files. Check your connection.", "is-error");
    }
    return this.#sending;
  }
}
