/** Mentions in messages: of people, of groups, of everyone in a room (@room), and of everyone who is online (@here). */

const EVERYONE = /(?<![\p{L}\p{M}\p{N}_@#./:&=+~\\-])@(room|here)(?![\p{L}\p{M}\p{N}_@])/iu;
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

/** Returns whether a message mentions the user by name, or in a group that they were in. */
function isNamed({ mentions = [], mentions_groups: groups = [] }, me) {
  return mentions.includes(me) || groups.some(({ users }) => users.includes(me));
}
