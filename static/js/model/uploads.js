/** The uploads of unsent messages, which are stored so that they continue after a reload or a crash, or in another tab. */

import { UploadQueue } from "chatsite/model/upload_queue.js";
import { uuid } from "chatsite/format/uuid.js";
import { PersistentQueue } from "chatsite/store/persistent_queue.js";

const SAVE_INTERVAL = 5000;
/** The server deletes unposted files after a day. */
const EXPIRES_AFTER = 23 * 3_600_000;
/** The states in which an upload does not continue automatically. */
const FAILED = new Set(["failed", "missing"]);

/**
 * An upload is an item with {id, name, size, type, state, note, sent, url, alt, held, attachment, file}.
 * `state` is waiting, sending, checking (the server processes the complete file), ready, paused, failed, or missing (the
 * browser has lost the file, which must be selected again). `held` is the message ({id, body, replyTo}) that is sent when all
 * uploads of the room are ready, or null. Each row contains it, so that a tab that takes over the uploads has the message.
 * Also dispatches "finished" ({upload}: it is ready or failed), "complete" ({room, held}: all uploads that the message waited
 * for are ready), "released" ({room, held}: the message is no longer sent automatically, and the listener must restore it).
 */
export class Uploads extends PersistentQueue {
  #queue;
  #store;
  #server;

  /** For `uploadFile`, see net/tus_upload.js. `server` has the functions in net/attachments.js. */
  constructor({ uploadFile, server, ...queue }) {
    super(queue);
    this.#store = queue.store;
    this.#server = server;
    this.#queue = new UploadQueue({
      uploads: () => this.items,
      uploadFile,
      onUrl: (upload) => this.save(upload),
      finish: (upload) => this.#finish(upload),
      setState: (...change) => this.#setState(...change),
    });
  }

  /** `isComposing(room)`: whether another message is being written there, which must not get the uploads taken over. */
  async takeOver({ isComposing = () => false } = {}) {
    const uploads = await super.takeOver();
    for (const upload of uploads) {
      if (!upload.file && upload.state !== "ready") this.#setState(upload, "missing");
      else if (upload.state === "sending" || upload.state === "checking") this.#setState(upload, "waiting");
      else this.changed(upload.room);
      this.#expire(upload);
    }
    this.#queue.start();
    for (const room of new Set(uploads.map((upload) => upload.room))) this.#mergeHeld(room, isComposing(room));
  }

  /** Returns the speed in bytes per second, or null if it is unknown. */
  speedOf({ id }) {
    return this.#queue.speedOf(id);
  }

  add(room, files) {
    const held = this.heldMessage(room);
    for (const file of files) this.#add(room, file, held);
    this.changed(room);
    this.#queue.start();
  }

  /** Adds uploaded files of a message that wasn't posted. */
  restore(room, attachments) {
    for (const attachment of attachments) {
      const { id, name, size, type, alt = "" } = attachment;
      const progress = { state: "ready", note: "", sent: size, url: `/uploads/${id}/`, alt, attachment };
      this.insert({ room, name, size, type, ...progress, held: null, file: null });
    }
    this.changed(room);
  }

  pause(id) {
    this.#restart(id, "paused");
  }

  /** Continues a paused upload, or retries a failed one. */
  resume(id) {
    Object.assign(this.get(id), { attempt: 0, isRestarted: false });
    this.#restart(id, "waiting");
  }

  /** Continues with a missing file that was selected again. Returns false if it is a different file. */
  replace(id, file) {
    const upload = this.get(id);
    if (file.name !== upload.name || file.size !== upload.size) return false;
    upload.file = file;
    this.#store.putFile(id, file).catch(() => {});
    this.resume(id);
    return true;
  }

  /** Removes the upload from the browser and the server. */
  cancel(id) {
    const { room, url, held } = this.get(id);
    this.remove(id);
    if (url) this.#server.cancelUpload(idOf(url)).catch(() => {});
    this.#queue.start();
    if (held && !this.inRoom(room).length) this.dispatch("released", { room, held });
    this.#checkComplete(room);
  }

  /** Sets an image's alternative text. It is saved once the server has the image, even if that was posted in the meantime. */
  async setAlt(upload, alt) {
    if (upload.state === "ready") await this.#saveAlt(upload, alt);
    upload.alt = alt;
    this.save(upload);
    this.changed(upload.room);
  }

  /**
   * Makes the message ({body, replyTo}) wait until all the room's uploads are ready. Returns false if there is nothing to wait
   * for, or if an upload has failed.
   */
  hold(room, { body, replyTo = null }) {
    const uploads = this.inRoom(room);
    for (const upload of uploads) this.#expire(upload);
    const waits = !this.failed(room).length && uploads.some(({ state }) => state !== "ready");
    if (waits) this.#setHeld(room, { id: uuid(), body, replyTo });
    return waits;
  }

  /** Stops the room's message from waiting, without sending it. */
  release(room) {
    if (!this.heldMessage(room)) return;
    const messages = new Map(this.inRoom(room).flatMap(({ held }) => (held ? [[held.id, held]] : [])));
    this.#setHeld(room, null);
    for (const held of messages.values()) this.dispatch("released", { room, held });
  }

  /** Returns the message that waits for the room's uploads, or null. */
  heldMessage(room) {
    return this.inRoom(room).find(({ held }) => held)?.held ?? null;
  }

  /** Removes the quote of this message from the message that waits for the room's uploads. */
  removeQuotes({ id, room }) {
    const held = this.heldMessage(room);
    if (held?.replyTo?.id === id) this.#setHeld(room, { ...held, replyTo: null });
  }

  /** Returns the uploads that prevent the room's message from being sent until the user acts. */
  failed(room) {
    return this.inRoom(room).filter(({ state }) => FAILED.has(state));
  }

  /** Removes the room's uploads and returns their attachments, as described by the server, for a message. */
  takeAttachments(room) {
    const uploads = this.inRoom(room);
    for (const { id } of uploads) this.remove(id);
    return uploads.map(({ attachment }) => attachment);
  }

  /** Cancels all uploads to a room that no longer exists. */
  removeRoom(room) {
    this.release(room);
    for (const { id } of this.inRoom(room)) this.cancel(id);
  }

  remove(id) {
    this.#queue.abort(id);
    super.remove(id);
  }

  retryNow() {
    this.#queue.retryNow();
  }

  #setHeld(room, held) {
    for (const upload of this.inRoom(room)) {
      upload.held = held;
      this.save(upload);
    }
    this.changed(room);
  }

  #add(room, file, held) {
    const { name, size, type } = file;
    const progress = { state: "waiting", note: "", sent: 0, url: null, alt: "", attachment: null };
    const { id } = this.insert({ room, name, size, type, ...progress, held, file });
    this.#store.putFile(id, file).catch(() => {});
  }

  /** Fetches the attachment's description once the server has the file. */
  async #finish(upload) {
    upload.attachment = await this.#server.fetchAttachment(idOf(upload.url));
    if (upload.alt) await this.#saveAlt(upload, upload.alt);
  }

  async #saveAlt({ url, attachment }, alt) {
    await this.#server.saveAltText(idOf(url), alt);
    attachment.alt = alt;
  }

  #expire(upload) {
    if (upload.state !== "ready" || Date.now() - upload.order < EXPIRES_AFTER) return;
    Object.assign(upload, { url: null, sent: 0, attachment: null });
    this.#setState(upload, "missing");
  }

  #restart(id, state) {
    this.#queue.abort(id);
    this.#setState(this.get(id), state);
    this.#queue.start();
  }

  #setState(upload, state, note = "") {
    if (!this.get(upload.id)) return;
    // Progress is reported many times per second, but saving it occasionally is enough to renew the lease.
    const isNew = state !== upload.state || state !== "sending" || Date.now() - upload.touched > SAVE_INTERVAL;
    Object.assign(upload, { state, note });
    if (isNew) this.save(upload);
    if (state === "ready") this.#store.removeFile(upload.id).catch(() => {});
    if (FAILED.has(state)) this.release(upload.room);
    this.changed(upload.room);
    if (state === "ready" || FAILED.has(state)) this.dispatch("finished", { upload });
    this.#checkComplete(upload.room);
  }

  /** Releases the messages if the uploads of two tabs were merged, or if another message is being written. */
  #mergeHeld(room, isComposing) {
    const ids = new Set(this.inRoom(room).map(({ held }) => held?.id));
    if (!isComposing && ids.size === 1) this.#checkComplete(room);
    else this.release(room);
  }

  #checkComplete(room) {
    const uploads = this.inRoom(room);
    const isComplete = uploads.length > 0 && uploads.every(({ state, held }) => held && state === "ready");
    if (isComplete) this.dispatch("complete", { room, held: uploads[0].held });
  }
}

/** Returns the id in an upload's URL, /uploads/ID/. */
function idOf(url) {
  return url.split("/").at(-2);
}
