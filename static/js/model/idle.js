/** Is anybody at this page? Told when nobody has touched it for a while, and when it is used again. */

const NOTE_EVERY = 1000;

export class IdleDetector {
  #after;
  #onChange;
  #timer;
  #usedAt = Number.NEGATIVE_INFINITY;
  #isIdle = false;

  /** `after` is in milliseconds; `onChange(isIdle)` is called for each change. */
  constructor({ after, onChange }) {
    this.#after = after;
    this.#onChange = onChange;
    this.recordActivity();
  }

  /** A key, a click, a touch. May be called as often as such things happen. */
  recordActivity(now = Date.now()) {
    if (!this.#isIdle && now - this.#usedAt < NOTE_EVERY) return;
    this.#usedAt = now;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#become(true), this.#after);
    if (this.#isIdle) this.#become(false);
  }

  /** A new line takes the page for one in use. */
  resend() {
    if (this.#isIdle) this.#onChange(true);
  }

  #become(isIdle) {
    this.#isIdle = isIdle;
    this.#onChange(isIdle);
  }
}

/** Counts every touch of the page, and that it is looked at again. */
export function bindInputEvents(idleDetector, document) {
  const used = () => idleDetector.recordActivity();
  for (const name of ["pointerdown", "pointermove", "keydown", "wheel"]) {
    document.addEventListener(name, used, { capture: true, passive: true });
  }
  document.addEventListener("visibilitychange", () => document.hidden || used());
}
