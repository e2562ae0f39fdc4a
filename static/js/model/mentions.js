/** Mentions in messages: of people, of groups, of everyone in a room (@room), and of everyone who is online (@here). */

const EVERYONE = /(?<![\p{L}\p{M}\p{N}_@#./:&=+~\\-])@(room|here)(?![\p{L}\p{M}\p{N}_@])/iu;
const NAME = /(?<![\p{L}\p{M}\p{N}_@#./:&=+~\\-])@([\p{L}\p{N}](?:[\p{L}\p{M}\p{N}._-]*[\p{L}\p{M}\p{N}])?)/gu;
const CODE_AND_QUOTES = /^(`{3,}|~{3,})[^]*?(?:^\1|$(?![^]))|`[^`\n]*`|^\s*>.*$/gmu;

/** Returns whether a message mentions the user with this id, a group of theirs, or everyone in its room. */
export function isMentioned(message, me) {
  return !message.deleted_at && (isNamed(message, me) || Boolean(message.mentions_all));
}

/** Returns whether a message counts as a mention in this room. `isLive`: whether it arrived while the user was online. */
export function countsAsMention(message, room, me, isLive) {
  if (message.deleted_at) return false;
  if (isNamed(message, me)) return true;
  return !room.muted && (message.mentions_all === "room" || (message.mentions_all === "here" && isLive));
}

/** Returns "room" or "here" if a text that is being written mentions everyone, or "". */
export function everyoneIn(body) {
  return EVERYONE.exec(body.replace(CODE_AND_QUOTES, ""))?.[1].toLowerCase() ?? "";
}

/** Returns the names after "@" in a text that is being written, except those that mention everyone. */
export function namesIn(body) {
  const names = [...body.replace(CODE_AND_QUOTES, "").matchAll(NAME)].map(([, name]) => name.toLowerCase());
  return [...new Set(names)].filter((name) => name !== "room" && name !== "here");
}

/** Returns whether a message mentions the user by name, or in a group that they were in. */
function isNamed({ mentions = [], mentions_groups: groups = [] }, me) {
  return mentions.includes(me) || groups.some(({ users }) => users.includes(me));
}
