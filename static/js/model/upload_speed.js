/** The speed of an upload, smoothed over single samples. */

const SAMPLE_INTERVAL = 500;
const SMOOTHED_OVER = 3000;

export class UploadSpeed {
  #rate = null;
  #bytes = 0;
  #at = null;

  /** `bytes` have been sent in all. */
  record(bytes, now = Date.now()) {
    const elapsed = now - (this.#at ?? now);
    if (this.#at !== null && elapsed < SAMPLE_INTERVAL) return;
    if (elapsed > 0) {
      const sample = (Math.max(0, bytes - this.#bytes) / elapsed) * 1000;
      this.#rate = this.#rate === null ? sample : this.#rate + (sample - this.#rate) * (1 - Math.exp(-elapsed / SMOOTHED_OVER));
    }
    this.#bytes = bytes;
    this.#at = now;
  }

  /** Null until two samples are there. */
  get bytesPerSecond() {
    return this.#rate;
  }
}
