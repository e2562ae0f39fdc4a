/** Finds what is being typed before the caret and can be completed: a person, a room, an emoji or a command. */

import { isInCode } from "chatsite/format/writing_aids.js";

const MAX_SPACES = 2; // in a name: "@ana maria lopez"
const NAME = String.raw`[^\s@#:\x60,;!?()[\]{}<>|*~"/\\]`;

/** How each kind begins, and what it consists of so far. An address such as ana@example.org isn't a mention. */
const PATTERNS = {
  "/": /^\/([a-z][a-z0-9_-]*|)$/i,
  "@": new RegExp(String.raw`(?<![\p{L}\p{N}_.+/@-])@((?:${NAME}+(?: ${NAME}+){0,${MAX_SPACES}} ?)?)$`, "u"),
  "#": /(?<![\p{L}\p{N}_&/#])#([\p{L}\p{M}\p{N}_-]*)$/u,
  ":": /(?<![\p{L}\p{N}_/:]):([\p{L}\p{M}\p{N}_+-]{2,})$/u,
};
const CODE = /(?<![\p{L}\p{N}_/:]):([a-z0-9_+-]+):$/u;
const SMILEY = /^(?:-\D?|(.)\1*|x[dp]|o_?o)$/i; // after the colon, such as :-D, :)) or :xD
const MAX_LENGTH = 80;

/** Returns {kind, start, query}, where `kind` is "@", "#", ":" or "/" and `start` its position, or null. There is none in code. */
export function findTrigger(value, caret) {
  const before = value.slice(0, caret);
  const tail = before.slice(Math.max(before.lastIndexOf("\n") + 1, caret - MAX_LENGTH));
  for (const [kind, pattern] of Object.entries(PATTERNS)) {
    const match = pattern.exec(kind === "/" ? before : tail);
    if (!match) continue;
    const start = caret - match[0].length;
    const trigger = { kind, start, query: match[1] };
    return isMeant(trigger, before) && !isCode(value, start) ? trigger : null;
  }
  return null;
}

/** Returns {start, code} if a short code such as ":tada:" was just completed, or null. */
export function findShortCode(value, caret) {
  const match = CODE.exec(value.slice(Math.max(0, caret - MAX_LENGTH), caret));
  const start = caret - (match?.[0].length ?? 0);
  return match && !isCode(value, start) ? { start, code: match[1] } : null;
}

/** "#" at the beginning of a line may become a heading, and ":D" is a smiley. */
function isMeant({ kind, start, query }, before) {
  if (kind === "#") return Boolean(query) || (start > 0 && before[start - 1] !== "\n");
  return kind !== ":" || !SMILEY.test(query);
}

function isCode(value, position) {
  const line = value.slice(value.lastIndexOf("\n", position - 1) + 1, position);
  return isInCode(value, position) || (line.match(/`/g)?.length ?? 0) % 2 === 1;
}
