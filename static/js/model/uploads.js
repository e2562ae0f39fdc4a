/** The files of the drafts, on their way or arrived: kept so that a reload, a crash or another tab goes on with them. */

import { UploadQueue } from "chatsite/model/upload_queue.js";
import { uuid } from "chatsite/format/uuid.js";

const TOUCH_EVERY = 5000;
/** The server forgets after a day what nobody has posted. */
const KEPT = 23 * 3_600_000;
/** Nothing goes on by itself. */
const BROKEN = new Set(["failed", "missing"]);

/**
 * A file: {id, user, tab, room, name, size, type, order, touched, state, note, sent, url, alt, held, attachment, file}.
 * `state` is waiting, sending, checking (all is sent, the server looks at it), ready, paused, failed, or missing (the
 * browser has lost the file: it must be chosen again). `held`: the message ({id, body, replyTo}) that goes by itself when all is
 * there, or null; in each row, so that whoever goes on with the files has it.
 * Tells by events: "change" ({room}), "finished" ({upload}: it is ready, or it broke), "complete" ({room, held}: all is there that
 * it waited for), "released" ({room, held}: it does not go by itself any more, and is nobody's unless somebody takes it).
 */
export class Uploads extends EventTarget {
  #uploads = new Map();
  /** What was settled here: a claim that read the store a moment before must not bring it back. */
  #gone = new Set();
  #queue;
  #store;
  #server;
  #user;
  #tab;
  #openTabs;
  #lastOrder = 0;

  /**
   * `uploadFile(upload, {onUrl, onProgress})` returns {done, abort}; `server`: {fetchAttachment(id), saveAltText(id, alt), cancelUpload(id)} reach
   * the server by the attachment's id.
   */
  constructor({ store, uploadFile, server, user, tab, openTabs = async () => null }) {
    super();
    this.#store = store;
    this.#server = server;
    this.#user = user;
    this.#tab = tab;
    this.#openTabs = openTabs;
    this.#queue = new UploadQueue({
      all: () => this.#all(),
      uploadFile,
      placed: (upload) => this.#save(upload),
      finish: (upload) => this.#finish(upload),
      mark: (...told) => this.#mark(...told),
    });
  }

  /** Brings in what an earlier page, or a tab that is gone, left on its way. `isBegun(room)`: another message is written there. */
  async takeOver({ isBegun = () => false } = {}) {
    const openTabs = await this.#openTabs();
    const uploads = await this.#store.takeOver({ user: this.#user, tab: this.#tab, openTabs, now: Date.now() });
    const unknown = uploads.filter(({ id }) => !this.#uploads.has(id) && !this.#gone.has(id));
    for (const upload of unknown) this.#uploads.set(upload.id, upload);
    for (const upload of unknown) {
      if (!upload.file && upload.state !== "ready") this.#mark(upload, "missing");
      else if (upload.state === "sending" || upload.state === "checking") this.#mark(upload, "waiting");
      else this.#changed(upload.room);
      this.#expire(upload);
    }
    this.#queue.pump();
    for (const room of new Set(unknown.map((upload) => upload.room))) this.#agree(room, isBegun(room));
  }

  get isEmpty() {
    return !this.#uploads.size;
  }

  /** A room's files in the order in which they were added. */
  inRoom(room) {
    return this.#all().filter((upload) => upload.room === room);
  }

  /** Bytes a second, or null where it cannot be told. */
  speedOf({ id }) {
    return this.#queue.speedOf(id);
  }

  add(room, files) {
    const held = this.heldMessage(room);
    for (const file of files) this.#add(room, file, held);
    this.#changed(room);
    this.#queue.pump();
  }

  pause(id) {
    this.#turn(id, "paused");
  }

  /** Goes on with what was paused or has failed. */
  resume(id) {
    Object.assign(this.#uploads.get(id), { attempt: 0, isRestarted: false });
    this.#turn(id, "waiting");
  }

  /** The file that was lost, chosen again. False where it is another one. */
  replace(id, file) {
    const upload = this.#uploads.get(id);
    if (file.name !== upload.name || file.size !== upload.size) return false;
    upload.file = file;
    this.#store.putFile(id, file).catch(() => {});
    this.resume(id);
    return true;
  }

  /** Forgets the file, here and on the server. */
  cancel(id) {
    const { room, url, held } = this.#uploads.get(id);
    this.#forget(id);
    if (url) this.#server.cancelUpload(idOf(url)).catch(() => {});
    this.#changed(room);
    this.#queue.pump();
    if (held && !this.inRoom(room).length) this.#tell("released", { room, held });
    this.#look(room);
  }

  /** The alternative text of a picture: told to the server as soon as that has the picture, also when it was posted meanwhile. */
  async setAlt(upload, alt) {
    if (upload.state === "ready") await this.#describe(upload, alt);
    upload.alt = alt;
    this.#save(upload);
    this.#changed(upload.room);
  }

  /**
   * The message ({body, replyTo}) goes by itself when all the room's files are there. True where there is something to wait
   * for; where one of them is broken there is not, and the message stays with whoever wrote it.
   */
  hold(room, { body, replyTo = null }) {
    const uploads = this.inRoom(room);
    for (const upload of uploads) this.#expire(upload);
    const waits = !this.failed(room).length && uploads.some(({ state }) => state !== "ready");
    if (waits) this.#setHeld(room, { id: uuid(), body, replyTo });
    return waits;
  }

  /** What is held goes no longer by itself. */
  release(room) {
    if (!this.heldMessage(room)) return;
    const messages = new Map(this.inRoom(room).flatMap(({ held }) => (held ? [[held.id, held]] : [])));
    this.#setHeld(room, null);
    for (const held of messages.values()) this.#tell("released", { room, held });
  }

  /** The message that waits for the room's files, or null. */
  heldMessage(room) {
    return this.inRoom(room).find(({ held }) => held)?.held ?? null;
  }

  /** Those without which the room's message does not go, and that do not come by themselves. */
  failed(room) {
    return this.inRoom(room).filter(({ state }) => BROKEN.has(state));
  }

  /** Hands over the room's files, as the server describes them, for a message. */
  takeAttachments(room) {
    const uploads = this.inRoom(room);
    for (const { id } of uploads) this.#forget(id);
    this.#changed(room);
    return uploads.map(({ attachment }) => attachment);
  }

  /** The room is gone, and its files with it. */
  removeRoom(room) {
    this.release(room);
    for (const { id } of this.inRoom(room)) this.cancel(id);
  }

  /** Shows other tabs that this one lives. */
  renewLease() {
    for (const upload of this.#uploads.values()) this.#save(upload);
  }

  retryNow() {
    this.#queue.retryNow();
  }

  #all() {
    return [...this.#uploads.values()].sort((a, b) => a.order - b.order);
  }

  #setHeld(room, held) {
    for (const upload of this.inRoom(room)) {
      upload.held = held;
      this.#save(upload);
    }
    this.#changed(room);
  }

  #add(room, file, held) {
    this.#lastOrder = Math.max(Date.now(), this.#lastOrder + 0.001);
    const { name, size, type } = file;
    const upload = { id: uuid(), user: this.#user, tab: this.#tab, room, name, size, type, order: this.#lastOrder };
    Object.assign(upload, { state: "waiting", note: "", sent: 0, url: null, alt: "", held, attachment: null, file });
    this.#uploads.set(upload.id, upload);
    this.#save(upload);
    this.#store.putFile(upload.id, file).catch(() => {});
  }

  /** The server has it: what it found in it. */
  async #finish(upload) {
    upload.attachment = await this.#server.fetchAttachment(idOf(upload.url));
    if (upload.alt) await this.#describe(upload, upload.alt);
  }

  async #describe({ url, attachment }, alt) {
    await this.#server.saveAltText(idOf(url), alt);
    attachment.alt = alt;
  }

  #expire(upload) {
    if (upload.state !== "ready" || Date.now() - upload.order < KEPT) return;
    Object.assign(upload, { url: null, sent: 0, attachment: null });
    this.#mark(upload, "missing");
  }

  #turn(id, state) {
    const upload = this.#uploads.get(id);
    this.#queue.abort(id);
    this.#mark(upload, state);
    this.#queue.pump();
  }

  #mark(upload, state, note = "") {
    if (!this.#uploads.has(upload.id)) return;
    // Many reports of progress come in a second; one in a while shows other tabs that this one works on it.
    const isNews = state !== upload.state || state !== "sending" || Date.now() - upload.touched > TOUCH_EVERY;
    Object.assign(upload, { state, note });
    if (isNews) this.#save(upload);
    if (state === "ready") this.#store.removeFile(upload.id).catch(() => {});
    if (BROKEN.has(state)) this.release(upload.room);
    this.#changed(upload.room);
    if (state === "ready" || BROKEN.has(state)) this.#tell("finished", { upload });
    this.#look(upload.room);
  }

  /** Files of two tabs have come together: they wait as long as it is for one message; nor where another one is begun. */
  #agree(room, isBegun) {
    const ids = new Set(this.inRoom(room).map(({ held }) => held?.id));
    if (!isBegun && ids.size === 1) this.#look(room);
    else this.release(room);
  }

  /** Is all there that was held? */
  #look(room) {
    const uploads = this.inRoom(room);
    const isComplete = uploads.length > 0 && uploads.every(({ state, held }) => held && state === "ready");
    if (isComplete) this.#tell("complete", { room, held: uploads[0].held });
  }

  #forget(id) {
    this.#uploads.delete(id);
    this.#queue.abort(id);
    this.#gone.add(id);
    this.#store.remove(id).catch(() => {});
  }

  /** What was cancelled or posted while something was awaited is not written down again: a reload would bring it back. */
  #save(upload) {
    if (!this.#uploads.has(upload.id)) return;
    upload.touched = Date.now();
    const { file, ...row } = upload;
    // A full or forbidden disk must not keep the file from being sent.
    this.#store.put(row).catch(() => {});
  }

  #changed(room) {
    this.#tell("change", { room });
  }

  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}

function idOf(url) {
  return url.split("/").at(-2);
}
