/** Sends files a few at a time, and those again that the line, not the server, kept from arriving. */

import { backoff } from "chatsite/net/backoff.js";
import { UploadSpeed } from "chatsite/format/sizes.js";

const AT_ONCE = 3;
const GONE = new Set([404, 410]);
// Not the file's fault: the line, the server, its pace, or the last attempt that it has not let go of yet.
const TRANSIENT = new Set([0, 408, 409, 423, 429, 500, 502, 503, 504]);
const FINAL = new Set(["archived"]); // whatever its status

export class UploadQueue {
  #running = new Map();
  #naps = new Map();
  #speeds = new Map();
  #all;
  #uploadFile;
  #placed;
  #finish;
  #mark;

  /**
   * `all()` gives the uploads in their order, and those that are "waiting" are sent: `uploadFile(upload, {onUrl, onProgress})`
   * returns {done, abort}. `placed(upload)`: it has a `url` on the server; `finish(upload)` does what remains when all of
   * it is there; `mark(upload, state, note)` tells each change.
   */
  constructor({ all, uploadFile, placed, finish, mark }) {
    this.#all = all;
    this.#uploadFile = uploadFile;
    this.#placed = placed;
    this.#finish = finish;
    this.#mark = mark;
  }

  /** Begins with what waits, as long as there is room for it. */
  pump() {
    for (const upload of this.#all()) {
      if (this.#running.size >= AT_ONCE) return;
      const isFree = !this.#running.has(upload.id) && !this.#naps.has(upload.id);
      if (upload.state === "waiting" && isFree) this.#send(upload);
    }
  }

  /** Breaks off, or gives up waiting. What was sent stays where it is. */
  abort(id) {
    this.#running.get(id)?.abort();
    this.#running.delete(id);
    this.#speeds.delete(id);
    this.#wake(id);
  }

  /** The line may be back: nothing waits out its pause. */
  retryNow() {
    for (const id of [...this.#naps.keys()]) this.#wake(id);
    this.pump();
  }

  /** Bytes a second, or null where it cannot be told. */
  speedOf(id) {
    return this.#speeds.get(id)?.rate ?? null;
  }

  async #send(upload) {
    const way = this.#uploadFile(upload, {
      onUrl: (url) => this.#placed(Object.assign(upload, { url })),
      onProgress: (bytes) => this.#sent(upload, bytes),
    });
    this.#running.set(upload.id, way);
    this.#speeds.set(upload.id, new UploadSpeed());
    this.#mark(upload, "sending");
    const error = await way.done.then(() => this.#finish(upload)).then(
      () => null,
      (reason) => reason,
    );
    const isLost = Boolean(error) && !error.status && !(await isReadable(upload.file));
    if (this.#running.get(upload.id) !== way) return; // stopped, and perhaps begun anew
    this.abort(upload.id);
    if (isLost) this.#mark(upload, "missing");
    else if (error) this.#broke(upload, error);
    else this.#mark(upload, "ready");
    this.pump();
  }

  #sent(upload, bytes) {
    if (bytes > upload.sent) upload.attempt = 0;
    upload.sent = bytes;
    this.#speeds.get(upload.id)?.note(bytes);
    this.#mark(upload, bytes === upload.size ? "checking" : "sending");
  }

  #broke(upload, error) {
    const status = error.status ?? 0;
    if (GONE.has(status) && upload.url && !upload.isRestarted) {
      // The server has forgotten what it had: once more from the beginning.
      Object.assign(upload, { url: null, sent: 0, isRestarted: true });
      this.#mark(upload, "waiting");
    } else if (TRANSIENT.has(status) && !FINAL.has(error.code)) {
      this.#nap(upload.id, error.retryAfter ? error.retryAfter * 1000 : backoff(upload.attempt ?? 0));
      upload.attempt = (upload.attempt ?? 0) + 1;
      this.#mark(upload, "waiting", status === 429 ? error.message : "");
    } else this.#mark(upload, "failed", error.message);
  }

  #nap(id, pause) {
    const timer = setTimeout(() => {
      this.#naps.delete(id);
      this.pump();
    }, pause);
    this.#naps.set(id, timer);
  }

  #wake(id) {
    clearTimeout(this.#naps.get(id));
    this.#naps.delete(id);
  }
}

/** A file that was moved, changed or deleted since it was chosen can no longer be read. */
function isReadable(file) {
  return file.slice(0, 1).arrayBuffer().then(
    () => true,
    () => false,
  );
}
