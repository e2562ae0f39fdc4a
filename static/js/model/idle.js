/** Detects when nobody has used the page for a while, and when it is used again. */

const THROTTLE = 1000;

export class IdleDetector {
  #after;
  #onChange;
  #timer;
  #usedAt = -Infinity;
  #isIdle = false;

  /** `after` is in milliseconds; `onChange(isIdle)` is called for each change. */
  constructor({ after, onChange }) {
    this.#after = after;
    this.#onChange = onChange;
    this.recordActivity();
  }

  /** Records a key press, click or touch. May be called as often as they happen. */
  recordActivity(now = Date.now()) {
    if (!this.#isIdle && now - this.#usedAt < THROTTLE) return;
    this.#usedAt = now;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#setIdle(true), this.#after);
    if (this.#isIdle) this.#setIdle(false);
  }

  /** Reports again that the page is idle: the server takes a new connection for an active page. */
  resend() {
    if (this.#isIdle) this.#onChange(true);
  }

  #setIdle(isIdle) {
    this.#isIdle = isIdle;
    this.#onChange(isIdle);
  }
}

/** Records every input on the page, and that it is visible again. */
export function bindInputEvents(idleDetector, document) {
  const record = () => idleDetector.recordActivity();
  for (const name of ["pointerdown", "pointermove", "keydown", "wheel"]) {
    document.addEventListener(name, record, { capture: true, passive: true });
  }
  document.addEventListener("visibilitychange", () => document.hidden || record());
}
