/** The browser's storage for the page, which may be full or switched off. */

/**
 * Has the methods of a Storage, which never throw. Data that the browser doesn't store lasts only as long as the page. `open()`
 * returns the Storage; merely reading `window.localStorage` throws if the browser doesn't allow it.
 */
export class SafeStorage {
  #storage = null;
  #memory = new Map();

  constructor(open) {
    try {
      this.#storage = open();
    } catch {
      // not allowed
    }
  }

  get keys() {
    const stored = this.#attempt(() => Object.keys(this.#storage)) ?? [];
    return [...new Set([...stored, ...this.#memory.keys()])];
  }

  getItem(key) {
    return this.#memory.get(key) ?? this.#attempt(() => this.#storage.getItem(key)) ?? null;
  }

  setItem(key, value) {
    this.#memory.set(key, value);
    this.#attempt(() => {
      this.#storage.setItem(key, value);
      this.#memory.delete(key);
    });
  }

  removeItem(key) {
    this.#memory.delete(key);
    this.#attempt(() => this.#storage.removeItem(key));
  }

  #attempt(action) {
    try {
      return action();
    } catch {
      return undefined;
    }
  }
}

export const localStore = new SafeStorage(() => globalThis.localStorage);
export const sessionStore = new SafeStorage(() => globalThis.sessionStorage);
