/** The uploads of unsent messages, which are stored so that they continue after a reload or a crash, or in another tab. */

import { UploadQueue } from "chatsite/model/upload_queue.js";
import { uuid } from "chatsite/format/uuid.js";
import { PersistentQueue } from "chatsite/store/persistent_queue.js";

const SAVE_INTERVAL = 5000;
/** The server deletes unposted files after a day. */
const EXPIRES_AFTER = 23 * 3_600_000;

/**
 * An upload is an item with {id, thread, name, size, type, state, note, sent, url, alt, held, attachment, file}. `thread` is the id of
 * the thread to whose draft it belongs, or null for that of the conversation.
 * `state` is waiting, sending, checking (the server processes the complete file), ready, paused, failed, or missing (the
 * browser has lost the file, which must be selected again). `held` is the message ({id, body, replyTo, at}) that is posted when
 * all of its uploads are ready, or null for the message that is still being written. Each row contains it, so that a tab that takes
 * over the uploads has the message.
 * Also dispatches "finished" ({upload}: it is ready or failed), "complete" ({room, thread, held, attachments}: the message can be posted,
 * and the listener must do so at once), "released" ({room, thread, held}: the message won't be posted, and the listener must restore it).
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

  async takeOver() {
    const uploads = await super.takeOver();
    for (const upload of uploads) {
      if (!upload.file && upload.state !== "ready") this.#setState(upload, "missing");
      else if (upload.state === "sending" || upload.state === "checking") this.#setState(upload, "waiting");
      else this.changed(upload.room);
      this.#expire(upload);
    }
    this.#queue.start();
    for (const { held } of uploads) this.#checkComplete(held);
  }

  /** Returns the speed in bytes per second, or null if it is unknown. */
  speedOf({ id }) {
    return this.#queue.speedOf(id);
  }

  /** Returns the uploads of the message that is being written. */
  inDraft(room, thread = null) {
    return this.inRoom(room).filter((upload) => !upload.held && (upload.thread ?? null) === thread);
  }

  /** Returns the messages that wait for their files, each with its `uploads`, in the order in which they were sent. */
  heldIn(room) {
    const messages = new Map();
    for (const upload of this.inRoom(room)) {
      if (!upload.held) continue;
      if (!messages.has(upload.held.id)) messages.set(upload.held.id, { ...upload.held, uploads: [] });
      messages.get(upload.held.id).uploads.push(upload);
    }
    return [...messages.values()].sort((a, b) => (a.at < b.at ? -1 : 1));
  }

  add(room, files, thread = null) {
    for (const file of files) this.#add(room, file, thread);
    this.changed(room);
    this.#queue.start();
  }

  /** Adds uploaded files of a message that wasn't posted. */
  restore(room, attachments, thread = null) {
    for (const attachment of attachments) {
      const { id, name, size, type, alt = "" } = attachment;
      const progress = { state: "ready", note: "", sent: size, url: `/uploads/${id}/`, alt, attachment };
      this.insert({ room, thread, name, size, type, ...progress, held: null, file: null });
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
    const { room, thread = null, url, held } = this.get(id);
    this.remove(id);
    if (url) this.#server.cancelUpload(idOf(url)).catch(() => {});
    this.#queue.start();
    if (held && !this.#uploadsOf(held).length) this.dispatch("released", { room, thread, held });
    this.#checkComplete(held);
  }

  /** Sets an image's alternative text. It is saved once the server has the image, even if that was posted in the meantime. */
  async setAlt(upload, alt) {
    if (upload.state === "ready") await this.#saveAlt(upload, alt);
    upload.alt = alt;
    this.save(upload);
    this.changed(upload.room);
  }

  /**
   * Makes the message ({body, replyTo}) wait until the uploads of the draft, which are now its own, are ready. Returns false if there
   * is nothing to wait for, or if an upload has failed.
   */
  hold(room, { body, replyTo = null }, thread = null) {
    const uploads = this.inDraft(room, thread);
    for (const upload of uploads) this.#expire(upload);
    const waits = !this.failed(room, thread).length && uploads.some(({ state }) => state !== "ready");
    if (waits) this.#setHeld(uploads, { id: uuid(), body, replyTo, at: new Date().toISOString() });
    return waits;
  }

  /** Stops a message from waiting, without sending it: its uploads belong to the draft again. Returns its {room, thread}, if it waited. */
  release(id) {
    const uploads = this.#uploadsOf({ id });
    if (!uploads.length) return undefined;
    const [{ room, thread = null, held }] = uploads;
    this.#setHeld(uploads, null);
    this.dispatch("released", { room, thread, held });
    return { room, thread };
  }

  /** Continues with the uploads that failed. Those whose files are missing must be selected again. */
  retry(id) {
    for (const upload of this.#uploadsOf({ id })) if (upload.state === "failed") this.resume(upload.id);
  }

  /** Removes a message that waits, and cancels its uploads. */
  discard(id) {
    const uploads = this.#uploadsOf({ id });
    for (const upload of uploads) upload.held = null;
    for (const upload of uploads) this.cancel(upload.id);
  }

  /** Removes the quote of this message from messages that wait for their files. */
  removeQuotes({ id, room }) {
    for (const held of this.heldIn(room)) {
      const { uploads, ...message } = held;
      if (message.replyTo?.id === id) this.#setHeld(uploads, { ...message, replyTo: null });
    }
  }

  /** Returns the uploads that prevent the draft from being sent until the user acts. */
  failed(room, thread = null) {
    return this.inDraft(room, thread).filter(isFailed);
  }

  /** Removes the draft's uploads and returns their attachments, as described by the server, for a message. */
  takeAttachments(room, thread = null) {
    const uploads = this.inDraft(room, thread);
    for (const { id } of uploads) this.remove(id);
    return uploads.map(({ attachment }) => attachment);
  }

  /** Cancels all uploads to a room that no longer exists. */
  removeRoom(room) {
    for (const { id } of this.heldIn(room)) this.release(id);
    for (const { id } of this.inRoom(room)) this.cancel(id);
  }

  remove(id) {
    this.#queue.abort(id);
    super.remove(id);
  }

  retryNow() {
    this.#queue.retryNow();
  }

  #uploadsOf(held) {
    return held ? this.items.filter((upload) => upload.held?.id === held.id) : [];
  }

  #setHeld(uploads, held) {
    for (const upload of uploads) {
      upload.held = held;
      this.save(upload);
    }
    this.changed(uploads[0].room);
  }

  #add(room, file, thread) {
    const { name, size, type } = file;
    const progress = { state: "waiting", note: "", sent: 0, url: null, alt: "", attachment: null };
    const { id } = this.insert({ room, thread, name, size, type, ...progress, held: null, file });
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
    this.changed(upload.room);
    if (state === "ready" || isFailed(upload)) this.dispatch("finished", { upload });
    this.#checkComplete(upload.held);
  }

  /** The rows are removed after the listener has stored the message: if the page is closed in between, it is posted again, as `id`. */
  #checkComplete(held) {
    const uploads = this.#uploadsOf(held);
    if (!uploads.length || !uploads.every(({ state }) => state === "ready")) return;
    const [{ room, thread = null }] = uploads;
    this.dispatch("complete", { room, thread, held: uploads[0].held, attachments: uploads.map(({ attachment }) => attachment) });
    for (const { id } of uploads) this.remove(id);
  }
}

/** Returns whether the upload doesn't continue automatically. */
export function isFailed({ state }) {
  return state === "failed" || state === "missing";
}

/** Returns the id in an upload's URL, /uploads/ID/. */
function idOf(url) {
  return url.split("/").at(-2);
}
