/** Sizes and speeds as a person says them: decimal units, three figures, in the viewer's own language. */

const UNITS = [
  [1e9, "gigabyte"],
  [1e6, "megabyte"],
  [1e3, "kilobyte"],
];

/** "1.25 GB", "80 MB", "312 bytes". */
export function formatSize(bytes) {
  const [length, unit] = UNITS.find(([least]) => bytes >= least) ?? [1, "byte"];
  const unitDisplay = unit === "byte" ? "long" : "short";
  return new Intl.NumberFormat(undefined, { style: "unit", unit, unitDisplay, maximumSignificantDigits: 3 }).format(bytes / length);
}

/** How fast something goes on, in bytes a second, without the hopping of single samples. */
export class UploadSpeed {
  #rate = null;
  #bytes = 0;
  #at = null;

  static #SAMPLE = 500;
  static #MEMORY = 3000;

  /** So many bytes are done now. */
  note(bytes, now = Date.now()) {
    const passed = now - (this.#at ?? now);
    if (this.#at !== null && passed < UploadSpeed.#SAMPLE) return;
    if (passed > 0) {
      const sample = (Math.max(0, bytes - this.#bytes) / passed) * 1000;
      this.#rate = this.#rate === null ? sample : this.#rate + (sample - this.#rate) * (1 - Math.exp(-passed / UploadSpeed.#MEMORY));
    }
    this.#bytes = bytes;
    this.#at = now;
  }

  /** Null until it can be told. */
  get rate() {
    return this.#rate;
  }
}
