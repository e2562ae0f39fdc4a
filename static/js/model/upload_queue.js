/** The queue that sends a few uploads at a time, and retries those that failed for reasons unrelated to the file. */

import { backoff } from "chatsite/net/backoff.js";
import { UploadSpeed } from "chatsite/model/upload_speed.js";

const MAX_CONCURRENT = 3;
const GONE = new Set([404, 410]);
// Caused by the connection, the server, its rate limit, or a previous attempt that still locks the upload.
const TRANSIENT = new Set([0, 408, 409, 423, 429, 500, 502, 503, 504]);
const PERMANENT = new Set(["archived"]); // error codes, regardless of the status

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
   * `uploads()` returns the uploads in order. Those in the state "waiting" are sent by `uploadFile` (see net/tus_upload.js).
   * `onUrl(upload)` is called when it has a `url` on the server. `finish(upload)` completes it once the server has the whole
   * file. `setState(upload, state, note)` is called for each change.
   */
  constructor({ uploads, uploadFile, onUrl, finish, setState }) {
    this.#uploads = uploads;
    this.#uploadFile = uploadFile;
    this.#onUrl = onUrl;
    this.#finish = finish;
    this.#setState = setState;
  }

  /** Starts waiting uploads, up to MAX_CONCURRENT at a time. */
  start() {
    for (const upload of this.#uploads()) {
      if (this.#running.size >= MAX_CONCURRENT) return;
      const isFree = !this.#running.has(upload.id) && !this.#delays.has(upload.id);
      if (upload.state === "waiting" && isFree) this.#send(upload);
    }
  }

  /** Aborts the upload, or its delay. The server keeps the data that was sent. */
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

  /** Returns the speed in bytes per second, or null if it is unknown. */
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
    if (this.#running.get(upload.id) !== request) return; // it was aborted, and perhaps started again
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
      // The server has deleted the data, so start again from the beginning, but only once.
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

/** Resolves with whether the file can still be read. It can't if it was moved, changed or deleted since it was selected. */
function isReadable(file) {
  return file.slice(0, 1).arrayBuffer().then(
    () => true,
    () => false,
  );
}
