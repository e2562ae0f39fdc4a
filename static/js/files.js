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

  /** Goes on with what another tab, or this one before a reload, began. */
  async adopt() {
    if (this.#sending || !(await this.#store.isEmpty())) await (await this.#load())?.adopt();
  }

  opened() {
    this.#sending?.opened();
  }

  draw() {
    this.#sending?.draw();
  }

  /** What the room's message takes along, or null: some of it is still on its way, and the message goes when it is there. */
  take(room) {
    if (!this.#coming.has(room)) return this.#sending ? this.#sending.take(room) : [];
    this.#held.add(room);
    return null;
  }

  drop(room) {
    this.#sending?.drop(room);
  }

  async #add(files, folders) {
    const { room } = this.#chat.current;
    this.#coming.add(room);
    const sending = await this.#load();
    this.#coming.delete(room);
    sending?.add(room, files, folders);
    if (this.#held.delete(room)) sending?.hold(room);
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
