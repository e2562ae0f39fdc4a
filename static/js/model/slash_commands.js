/** Slash commands: a line that begins with "/" and a known name is done instead of being sent. */

const SLIPS = 2;
const SHORTEST = 4; // of a name that may be mistyped: /whose is no slip of /who

export class SlashCommands {
  #commands;

  /** `commands`: {name: (rest) => …}, `rest` being what stands after the name. One that returns false has not taken it. */
  constructor(commands) {
    this.#commands = commands;
  }

  /** True when it was a command; false for what is a message like any other. */
  run(text) {
    const [, written = "", rest = ""] = /^\/([a-z]+)(?:\s+(.*))?$/isu.exec(text.trim()) ?? [];
    const name = written.toLowerCase();
    return Object.hasOwn(this.#commands, name) && this.#commands[name](rest) !== false;
  }

  /** Which command somebody mistyped who writes "/blok bo", or "": everybody would read whom they wanted to block. */
  suggest(text) {
    const [, written = ""] = /^\/([a-z]+)(?:\s|$)/iu.exec(text) ?? [];
    if (Object.hasOwn(this.#commands, written.toLowerCase())) return "";
    const near = (name) => name.length >= SHORTEST && distance(written.toLowerCase(), name) <= SLIPS;
    return Object.keys(this.#commands).find(near) ?? "";
  }
}

/** How many letters have to be put in, left out or changed to make one of the other. */
function distance(one, other) {
  let row = Array.from({ length: other.length + 1 }, (_, place) => place);
  for (const [at, letter] of [...one].entries()) {
    const above = row;
    row = [at + 1];
    for (let place = 1; place < above.length; place += 1) {
      const changed = above[place - 1] + (letter !== other[place - 1]);
      row.push(Math.min(changed, above[place] + 1, row[place - 1] + 1));
    }
  }
  return row.at(-1);
}
