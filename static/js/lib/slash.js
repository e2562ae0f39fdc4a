/** Slash commands: a line that begins with "/" and a known name is done instead of being sent. */

export class Slash {
  #deeds;

  /** `deeds`: {name: (rest) => …}, `rest` being what stands after the name. One that returns false has not taken it. */
  constructor(deeds) {
    this.#deeds = deeds;
  }

  /** True when it was a command; false for what is a message like any other. */
  obey(text) {
    const [, name = "", rest = ""] = /^\/([a-z]+)(?:\s+(.*))?$/su.exec(text.trim()) ?? [];
    return Object.hasOwn(this.#deeds, name) && this.#deeds[name](rest) !== false;
  }
}
