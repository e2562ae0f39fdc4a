/** Attachments of messages that are being written. The upload code is fetched with the first file. */

import { placeIn, placeKey } from "chatsite/controllers/composer_places.js";
import { watchFileInput } from "chatsite/elements/file_drop.js";
import { notify } from "chatsite/elements/notices.js";
import { gettext } from "chatsite/i18n.js";
import { roomTitle } from "chatsite/model/rooms.js";

/** Emits "change", and "post" ({room, thread, body, replyTo, attachments, id?, at?}) when a message that waited can be posted. */
export class Attachments extends EventTarget {
  /** The places of the conversation and of an open thread (see composer_places.js). */
  #places = [];
  #drafts;
  #threadDrafts;
  #isBlocked;
  #store;
  #createUploads;
  #uploads = null;
  #loading = null;
  /** The keys of places with files that were added while the upload code was being fetched. */
  #loadingKeys = new Set();
  /** By the keys of places: {room, thread, message}, sent before its files were known. It stays in the composer until then. */
  #waiting = new Map();
  /** Until the store has been read, the message of any room may have files. */
  #isStoreRead = false;
  #takingOver = null;

  /** `createUploads(places)` resolves with an UploadsController, to which `places()` returns the places. */
  constructor({ composer, conversations, drafts, threadDrafts, isBlocked, store, createUploads }) {
    super();
    this.#drafts = drafts;
    this.#threadDrafts = threadDrafts;
    this.#isBlocked = isBlocked;
    this.#store = store;
    this.#createUploads = () => createUploads(() => this.#places);
    const dropText = () => gettext("Drop files to attach to %(room)s", { room: roomTitle(conversations.currentRoom) });
    this.addPlace(placeIn(document.querySelector("main"), composer, () => conversations.currentRoom?.id ?? null), { dropText });
  }

  /** Lets the user attach files at a place, until the signal is aborted. `dropText()` returns the text for files dragged over it. */
  addPlace(place, { dropText, signal }) {
    this.#places.push(place);
    this.#uploads?.watch(place);
    watchFileInput({
      ...{ root: place.root, dropText, signal },
      isAllowed: () => Boolean(place.room) && place.composer.isOpen,
      onFiles: (files, folders) => this.#add(place, files, folders),
    });
    signal?.addEventListener("abort", () => this.#places.splice(this.#places.indexOf(place), 1));
    this.draw();
  }

  get isEmpty() {
    return !this.#loadingKeys.size && (this.#uploads?.isEmpty ?? true);
  }

  /** Continues the uploads of a closed tab, or of this one before a reload. */
  takeOver() {
    this.#takingOver ??= this.#takeOver().finally(() => {
      this.#takingOver = null;
    });
  }

  /** Clears the errors of the conversation. */
  clearErrors() {
    this.#uploads?.clearErrors(this.#places[0]);
  }

  draw() {
    for (const place of this.#places) {
      const held = this.#waiting.get(placeKey(place))?.message ?? null;
      if (this.#isBlocked(held?.replyTo?.sender)) held.replyTo = null;
      place.composer.attachments = { count: this.#uploads?.draw(place) ?? 0, held };
    }
  }

  /** Returns the room's messages that wait for their files, as the outbox's posts are. */
  heldIn(room) {
    return this.#uploads?.heldIn(room) ?? [];
  }

  /**
   * Returns {attachments} if the message ({body, replyTo}) can be posted now, {isHeld: true} if it will be posted once its files
   * are uploaded, or {} if it stays in the composer, because its files aren't known yet or one of them failed.
   */
  take(room, message, thread = null) {
    const place = { room, thread };
    if (this.#isStoreRead && !this.#loadingKeys.has(placeKey(place))) return this.#takeUploaded(place, message);
    this.#waiting.set(placeKey(place), { ...place, message: { ...message } });
    this.draw();
    if (!this.#isStoreRead) this.takeOver();
    return {};
  }

  retryHeld(id) {
    this.#uploads.retry(id);
  }

  /** Puts a message that waits, and its files, back into the composer. */
  releaseHeld(id) {
    const place = this.#uploads.release(id);
    if (place) this.#openPlace(place)?.composer.focus();
  }

  discardHeld(id) {
    this.#uploads.discard(id);
  }

  /** Puts an unsent message ({body, replyTo}) and its uploaded files back into the composer of a place. Resolves with whether it could. */
  async restore({ room, thread = null }, message, attachments) {
    const uploads = attachments.length ? await this.#load() : null;
    if (attachments.length && !uploads) return reportFailure();
    uploads?.restore({ room, thread }, attachments);
    this.#restoreDraft({ room, thread }, message);
    return true;
  }

  /** Removes the quote of this message from messages that wait for their files. */
  removeQuotes({ id, room }) {
    for (const { message } of this.#waiting.values()) if (message.replyTo?.id === id) message.replyTo = null;
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
    for (const [key, waiting] of this.#waiting) if (waiting.room === room) this.#waiting.delete(key);
    this.#uploads?.removeRoom(room);
  }

  #takeUploaded(place, message) {
    const taken = this.#uploads ? this.#uploads.take(place, message) : { attachments: [] };
    this.draw(); // immediately, because files added from now on don't belong to the message
    return taken;
  }

  #post({ room, thread }, message, attachments) {
    const { body, replyTo, id, at } = message;
    if (body || attachments.length) this.#emit("post", { room, thread, body, replyTo, attachments, id, at });
    this.draw();
  }

  /** Returns whether there is a composer for this place. */
  isOpen(place) {
    return Boolean(this.#openPlace(place));
  }

  #openPlace(place) {
    return this.#places.find((each) => placeKey(each) === placeKey(place));
  }

  #restoreDraft({ room, thread }, message) {
    this.draw();
    const place = this.#openPlace({ room, thread });
    if (place) place.composer.restoreDraft(message);
    else if (thread) this.#threadDrafts.restore(thread, message);
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
      for (const key of [...this.#waiting.keys()].filter((each) => !this.#loadingKeys.has(each))) this.#resume(key);
    }
  }

  /** Posts the message that was sent before its files were known, or makes it wait for them. */
  #resume(key) {
    const { message, ...place } = this.#waiting.get(key);
    this.#waiting.delete(key);
    const { attachments, isHeld } = this.#takeUploaded(place, message);
    if (!attachments && !isHeld) return this.#restoreDraft(place, message);
    if (place.thread) this.#threadDrafts.discardSent(place.thread, message);
    else this.#drafts.discardSent(place.room, message);
    if (attachments) this.#post(place, message, attachments);
  }

  #restoreWaiting(keys) {
    for (const key of keys) {
      const { message, ...place } = this.#waiting.get(key) ?? {};
      this.#waiting.delete(key);
      if (message) this.#restoreDraft(place, message);
    }
  }

  /** Attaches a file to the composer's message. Resolves with true, or shows the reason in a notice and resolves with false. */
  async addFile(file, composer) {
    const place = this.#places.find((each) => each.composer === composer);
    return (await this.#add(place, [file], [])) === 1;
  }

  /** Resolves with the number of files that were accepted. */
  async #add({ room, thread }, files, folders) {
    const key = placeKey({ room, thread });
    this.#loadingKeys.add(key);
    const uploads = await this.#load();
    this.#loadingKeys.delete(key);
    const count = uploads?.add({ room, thread }, files, folders) ?? 0;
    if (!uploads) {
      reportFailure();
      this.#restoreWaiting([key]);
    } else if (this.#waiting.has(key) && this.#isStoreRead) this.#resume(key);
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
    for (const place of this.#places) uploads.watch(place);
    uploads.addEventListener("change", () => this.#emit("change"));
    uploads.addEventListener("complete", ({ detail: { held, attachments, ...place } }) => this.#post(place, held, attachments));
    uploads.addEventListener("released", ({ detail: { held, ...place } }) => this.#restoreDraft(place, held));
  }

  #emit(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}

function reportFailure() {
  notify(gettext("Couldn’t attach files. Check your connection."), "is-error");
  return false;
}
