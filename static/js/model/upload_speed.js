/** The speed of an upload, smoothed over several samples. */

const SAMPLE_INTERVAL = 500;
const SMOOTHED_OVER = 3000;

export class UploadSpeed {
  #rate = null;
  #bytes = 0;
  #at = null;

  /** Records the total number of `bytes` sent so far. */
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

  /** The speed, or null until there are two samples. */
  get bytesPerSecond() {
    return this.#rate;
  }
}
