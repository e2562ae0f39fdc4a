/** The queue that sends a few uploads at a time, and again those that failed through no fault of the file. */

import { backoff } from "chatsite/net/backoff.js";
import { UploadSpeed } from "chatsite/model/upload_speed.js";

const MAX_CONCURRENT = 3;
const GONE = new Set([404, 410]);
// The connection, the server, its rate limit, or the previous attempt that it has not released yet.
const TRANSIENT = new Set([0, 408, 409, 423, 429, 500, 502, 503, 504]);
const PERMANENT = new Set(["archived"]); // error codes, whatever the status

export class UploadQueue {
  #running = new Map();
  #delays = new Map();
  #speeds = new Map();
  #uploads;
  #uploadFile;
  #onUrl;
  #finish;
  #setState;

  /**
   * `uploads()` returns the uploads in order; those that are "waiting" are sent by `uploadFile` (see net/tus_upload.js).
   * `onUrl(upload)`: it has a `url` on the server; `finish(upload)` does what remains when the server has all of it;
   * `setState(upload, state, note)` is called for each change.
   */
  constructor({ uploads, uploadFile, onUrl, finish, setState }) {
    this.#uploads = uploads;
    this.#uploadFile = uploadFile;
    this.#onUrl = onUrl;
    this.#finish = finish;
    this.#setState = setState;
  }

  /** Starts waiting uploads, as many as may run at once. */
  start() {
    for (const upload of this.#uploads()) {
      if (this.#running.size >= MAX_CONCURRENT) return;
      const isFree = !this.#running.has(upload.id) && !this.#delays.has(upload.id);
      if (upload.state === "waiting" && isFree) this.#send(upload);
    }
  }

  /** Aborts the upload, or its delay. The server keeps what was sent. */
  abort(id) {
    this.#running.get(id)?.abort();
    this.#running.delete(id);
    this.#speeds.delete(id);
    this.#endDelay(id);
  }

  /** Ends all delays. */
  retryNow() {
    for (const id of [...this.#delays.keys()]) this.#endDelay(id);
    this.start();
  }

  /** Bytes per second, or null if unknown. */
  speedOf(id) {
    return this.#speeds.get(id)?.bytesPerSecond ?? null;
  }

  async #send(upload) {
    const request = this.#uploadFile(upload, {
      onUrl: (url) => this.#onUrl(Object.assign(upload, { url })),
      onProgress: (bytes) => this.#progress(upload, bytes),
    });
    this.#running.set(upload.id, request);
    this.#speeds.set(upload.id, new UploadSpeed());
    this.#setState(upload, "sending");
    const error = await request.done.then(() => this.#finish(upload)).then(
      () => null,
      (reason) => reason,
    );
    const isLost = Boolean(error) && !error.status && !(await isReadable(upload.file));
    if (this.#running.get(upload.id) !== request) return; // aborted, and perhaps started again
    this.abort(upload.id);
    if (isLost) this.#setState(upload, "missing");
    else if (error) this.#handle(error, upload);
    else this.#setState(upload, "ready");
    this.start();
  }

  #progress(upload, bytes) {
    if (bytes > upload.sent) upload.attempt = 0;
    upload.sent = bytes;
    this.#speeds.get(upload.id)?.record(bytes);
    this.#setState(upload, bytes === upload.size ? "checking" : "sending");
  }

  #handle(error, upload) {
    const status = error.status ?? 0;
    if (GONE.has(status) && upload.url && !upload.isRestarted) {
      // The server has deleted what it had: send it once more from the beginning.
      Object.assign(upload, { url: null, sent: 0, isRestarted: true });
      this.#setState(upload, "waiting");
    } else if (TRANSIENT.has(status) && !PERMANENT.has(error.code)) {
      this.#delay(upload.id, error.retryAfter ? error.retryAfter * 1000 : backoff(upload.attempt ?? 0));
      upload.attempt = (upload.attempt ?? 0) + 1;
      this.#setState(upload, "waiting", status === 429 ? error.message : "");
    } else this.#setState(upload, "failed", error.message);
  }

  #delay(id, milliseconds) {
    const timer = setTimeout(() => {
      this.#delays.delete(id);
      this.start();
    }, milliseconds);
    this.#delays.set(id, timer);
  }

  #endDelay(id) {
    clearTimeout(this.#delays.get(id));
    this.#delays.delete(id);
  }
}

/** Whether the file can still be read: not if it was moved, changed or deleted since it was selected. */
function isReadable(file) {
  return file.slice(0, 1).arrayBuffer().then(
    () => true,
    () => false,
  );
}
