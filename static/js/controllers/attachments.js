/** Attachments of messages that are being written. The upload code is fetched with the first file. */

import { watchFileInput } from "chatsite/elements/file_drop.js";
import { notify } from "chatsite/elements/notices.js";
import { gettext } from "chatsite/i18n.js";
import { roomTitle } from "chatsite/model/rooms.js";

/** Emits "change", and "post" ({room, body, replyTo, attachments, id?, at?}) when a message that waited can be posted. */
export class Attachments extends EventTarget {
  #composer;
  #conversations;
  #drafts;
  #isBlocked;
  #store;
  #createUploads;
  #uploads = null;
  #loading = null;
  /** Rooms with files that were added while the upload code was being fetched. */
  #loadingRooms = new Set();
  /** Messages by room that were sent before their files were known. They stay in the composer until then. */
  #waiting = new Map();
  /** Until the store has been read, the message of any room may have files. */
  #isStoreRead = false;
  #takingOver = null;

  /** `createUploads()` resolves with an UploadsController. */
  constructor({ composer, conversations, drafts, isBlocked, store, createUploads }) {
    super();
    this.#composer = composer;
    this.#conversations = conversations;
    this.#drafts = drafts;
    this.#isBlocked = isBlocked;
    this.#store = store;
    this.#createUploads = createUploads;
    watchFileInput({
      isAllowed: () => Boolean(conversations.current) && composer.isOpen,
      dropText: () => gettext("Drop files to attach to %(room)s", { room: roomTitle(conversations.currentRoom) }),
      onFiles: (files, folders) => this.#add(files, folders),
    });
  }

  get isEmpty() {
    return !this.#loadingRooms.size && (this.#uploads?.isEmpty ?? true);
  }

  /** Continues the uploads of a closed tab, or of this one before a reload. */
  takeOver() {
    this.#takingOver ??= this.#takeOver().finally(() => {
      this.#takingOver = null;
    });
  }

  clearErrors() {
    this.#uploads?.clearErrors();
  }

  draw() {
    const held = this.#waiting.get(this.#conversations.current?.room) ?? null;
    if (this.#isBlocked(held?.replyTo?.sender)) held.replyTo = null;
    this.#composer.attachments = { count: this.#uploads?.draw() ?? 0, held };
  }

  /** Returns the room's messages that wait for their files, as the outbox's posts are. */
  heldIn(room) {
    return this.#uploads?.heldIn(room) ?? [];
  }

  /**
   * Returns {attachments} if the message ({body, replyTo}) can be posted now, {isHeld: true} if it will be posted once its files
   * are uploaded, or {} if it stays in the composer, because its files aren't known yet or one of them failed.
   */
  take(room, message) {
    if (this.#isStoreRead && !this.#loadingRooms.has(room)) return this.#takeUploaded(room, message);
    this.#waiting.set(room, { ...message });
    this.draw();
    if (!this.#isStoreRead) this.takeOver();
    return {};
  }

  retryHeld(id) {
    this.#uploads.retry(id);
  }

  /** Puts a message that waits, and its files, back into the composer. */
  releaseHeld(id) {
    this.#uploads.release(id);
    this.#composer.focus();
  }

  discardHeld(id) {
    this.#uploads.discard(id);
  }

  /** Puts an unsent message ({body, replyTo}) and its uploaded files back into the composer. Resolves with whether it could. */
  async restore(room, message, attachments) {
    const uploads = attachments.length ? await this.#load() : null;
    if (attachments.length && !uploads) return reportFailure();
    uploads?.restore(room, attachments);
    this.#restoreDraft(room, message);
    return true;
  }

  /** Removes the quote of this message from messages that wait for their files. */
  removeQuotes({ id, room }) {
    const waiting = this.#waiting.get(room);
    if (waiting?.replyTo?.id === id) waiting.replyTo = null;
    this.#uploads?.removeQuotes({ id, room });
  }

  renewLease() {
    this.#uploads?.renewLease();
  }

  releaseLease() {
    this.#uploads?.releaseLease();
  }

  stop() {
    this.#uploads?.stop();
  }

  removeRoom(room) {
    this.#waiting.delete(room);
    this.#uploads?.removeRoom(room);
  }

  #takeUploaded(room, message) {
    const taken = this.#uploads ? this.#uploads.take(room, message) : { attachments: [] };
    this.draw(); // immediately, because files added from now on don't belong to the message
    return taken;
  }

  #post(room, message, attachments) {
    const { body, replyTo, id, at } = message;
    if (body || attachments.length) this.#emit("post", { room, body, replyTo, attachments, id, at });
    this.draw();
  }

  #restoreDraft(room, message) {
    this.draw();
    if (room === this.#conversations.current?.room) this.#composer.restoreDraft(message);
    else this.#drafts.restore(room, message);
  }

  async #takeOver() {
    const isNeeded = this.#uploads || !(await this.#store.isEmpty());
    const uploads = isNeeded ? await this.#load() : null;
    if (isNeeded && !uploads) {
      if (this.#waiting.size) reportFailure();
      return this.#restoreWaiting([...this.#waiting.keys()]);
    }
    try {
      await uploads?.takeOver();
    } finally {
      this.#isStoreRead = true; // even if reading failed, as there is then nothing for this page
      for (const room of [...this.#waiting.keys()].filter((each) => !this.#loadingRooms.has(each))) this.#resume(room);
    }
  }

  /** Posts the message that was sent before its files were known, or makes it wait for them. */
  #resume(room) {
    const message = this.#waiting.get(room);
    this.#waiting.delete(room);
    const { attachments, isHeld } = this.#takeUploaded(room, message);
    if (!attachments && !isHeld) return this.#restoreDraft(room, message);
    this.#drafts.discardSent(room, message);
    if (attachments) this.#post(room, message, attachments);
  }

  #restoreWaiting(rooms) {
    for (const room of rooms) {
      const message = this.#waiting.get(room);
      this.#waiting.delete(room);
      if (message) this.#restoreDraft(room, message);
    }
  }

  /** Attaches a file. Resolves with true, or shows the reason in a notice and resolves with false. */
  async addFile(file) {
    return (await this.#add([file], [])) === 1;
  }

  /** Resolves with the number of files that were accepted. */
  async #add(files, folders) {
    const { room } = this.#conversations.current;
    this.#loadingRooms.add(room);
    const uploads = await this.#load();
    this.#loadingRooms.delete(room);
    const count = uploads?.add(room, files, folders) ?? 0;
    if (!uploads) {
      reportFailure();
      this.#restoreWaiting([room]);
    } else if (this.#waiting.has(room) && this.#isStoreRead) this.#resume(room);
    this.draw();
    return count;
  }

  async #load() {
    this.#loading ??= this.#createUploads();
    try {
      const uploads = await this.#loading;
      if (!this.#uploads) this.#listen(uploads);
      this.#uploads = uploads;
    } catch {
      this.#loading = null;
    }
    return this.#uploads;
  }

  #listen(uploads) {
    uploads.addEventListener("change", () => this.#emit("change"));
    uploads.addEventListener("complete", ({ detail: { room, held, attachments } }) => this.#post(room, held, attachments));
    uploads.addEventListener("released", ({ detail: { room, held } }) => this.#restoreDraft(room, held));
  }

  #emit(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}

function reportFailure() {
  notify(gettext("Couldn’t attach files. Check your connection."), "is-error");
  return false;
}
