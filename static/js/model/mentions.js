/** Mentions in messages: of people, of everyone in a room (@room), and of everyone who is online (@here). */

const EVERYONE = /(?<![\p{L}\p{M}\p{N}_@#./:&=+~\\-])@(room|here)(?![\p{L}\p{M}\p{N}_@])/iu;
const CODE_AND_QUOTES = /^(`{3,}|~{3,})[^]*?(?:^\1|$(?![^]))|`[^`\n]*`|^\s*>.*$/gmu;

/** Returns whether a message mentions the user with this id, or everyone in its room. */
export function isMentioned({ mentions = [], mentions_all: everyone, deleted_at: deletedAt }, me) {
  return !deletedAt && (mentions.includes(me) || Boolean(everyone));
}

/** Returns whether a message counts as a mention in this room. `isLive`: whether it arrived while the user was online. */
export function countsAsMention(message, room, me, isLive) {
  if (message.deleted_at) return false;
  if (message.mentions?.includes(me)) return true;
  return !room.muted && (message.mentions_all === "room" || (message.mentions_all === "here" && isLive));
}

/** Returns "room" or "here" if a text that is being written mentions everyone, or "". */
export function everyoneIn(body) {
  return EVERYONE.exec(body.replace(CODE_AND_QUOTES, ""))?.[1].toLowerCase() ?? "";
}
