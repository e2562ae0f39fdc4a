/** Slash commands. A message that begins with "/" and a word is run instead of being sent, or refused if there's no such command. */

const MAX_TYPOS = 2;
const MIN_LENGTH = 4; // for commands with suggested corrections: /whose isn't a typo of /who

export class SlashCommands {
  #commands;

  /** `commands`: {name: (argument) => …}, where `argument` is the text after the name. A command returns false to decline it. */
  constructor(commands) {
    this.#commands = commands;
  }

  get names() {
    return Object.keys(this.#commands);
  }

  /** Runs the command and returns true, or returns false if the text is an ordinary message. */
  run(text) {
    const [, typed = "", argument = ""] = /^\/([a-z]+)(?:\s+(.*))?$/isu.exec(text.trim()) ?? [];
    const name = typed.toLowerCase();
    return Object.hasOwn(this.#commands, name) && this.#commands[name](argument) !== false;
  }

  /** Returns the unknown command that the text begins with, or "". Sending "/blok bo" would reveal to everyone whom the user blocks. */
  unknown(text) {
    const [, typed = ""] = /^\/([a-z][a-z0-9_-]*)(?:\s|$)/iu.exec(text) ?? [];
    return Object.hasOwn(this.#commands, typed.toLowerCase()) ? "" : typed;
  }

  /** Returns the command that was probably meant by an unknown one, also of these `others`, or "". */
  suggest(typed, others = []) {
    const isNear = (name) => name.length >= MIN_LENGTH && editDistance(typed.toLowerCase(), name) <= MAX_TYPOS;
    return [...this.names, ...others].find(isNear) ?? "";
  }
}

/** Returns the number of letters to insert, delete or replace to turn one text into the other (Levenshtein distance). */
function editDistance(one, other) {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (const [index, letter] of [...one].entries()) {
    const above = row;
    row = [index + 1];
    for (let column = 1; column < above.length; column += 1) {
      const replaced = above[column - 1] + (letter !== other[column - 1]);
      row.push(Math.min(replaced, above[column] + 1, row[column - 1] + 1));
    }
  }
  return row.at(-1);
}
