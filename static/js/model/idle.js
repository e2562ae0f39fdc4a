/** Detects when the page has not been used for a while, and when it is used again. */

const THROTTLE = 1000;

export class IdleDetector {
  #after;
  #onChange;
  #timer;
  #usedAt = -Infinity;
  #isIdle = false;

  /** `after` is in milliseconds. `onChange(isIdle)` is called on each change. */
  constructor({ after, onChange }) {
    this.#after = after;
    this.#onChange = onChange;
    this.recordActivity();
  }

  /** Records a key press, click or touch. May be called for each of them, as calls are throttled. */
  recordActivity(now = Date.now()) {
    if (!this.#isIdle && now - this.#usedAt < THROTTLE) return;
    this.#usedAt = now;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#setIdle(true), this.#after);
    if (this.#isIdle) this.#setIdle(false);
  }

  /** Reports again that the page is idle, because the server assumes that new connections are active. */
  resend() {
    if (this.#isIdle) this.#onChange(true);
  }

  #setIdle(isIdle) {
    this.#isIdle = isIdle;
    this.#onChange(isIdle);
  }
}

/** Records all input on the page, and when it becomes visible again. */
export function bindInputEvents(idleDetector, document) {
  const record = () => idleDetector.recordActivity();
  for (const name of ["pointerdown", "pointermove", "keydown", "wheel"]) {
    document.addEventListener(name, record, { capture: true, passive: true });
  }
  document.addEventListener("visibilitychange", () => document.hidden || record());
}
