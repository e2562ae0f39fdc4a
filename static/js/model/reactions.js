/** A message's reactions as this user sees them. Each one is {emoji, count, users, own}, as described in docs/protocol.md. */

export function isOwnReaction({ own, users }, me) {
  return own ?? users.includes(me);
}

/** Keeps what is known about the user's own reactions where a changed message doesn't list all users. */
export function keepOwnReactions(message, known, me) {
  for (const reaction of message.reactions) {
    if (reaction.own !== undefined || reaction.count === reaction.users.length) continue;
    const before = known?.reactions.find(({ emoji }) => emoji === reaction.emoji);
    reaction.own = reaction.users.includes(me) || Boolean(before && isOwnReaction(before, me));
  }
}

/** Sets the user's own reactions. `emoji` contains all of them. */
export function setOwnReactions(message, emoji) {
  message.reactions = message.reactions.map((reaction) => ({ ...reaction, own: emoji.includes(reaction.emoji) }));
}

/** Returns the reactions after the user adds this emoji or, if it is there, removes it. */
export function toggleReaction(reactions, emoji, me) {
  const found = reactions.find((each) => each.emoji === emoji);
  if (!found) return [...reactions, { emoji, count: 1, users: [me], own: true }];
  const own = !isOwnReaction(found, me);
  const users = found.users.filter((id) => id !== me);
  const changed = { emoji, count: found.count + (own ? 1 : -1), users: own ? [...users, me] : users, own };
  return reactions.map((each) => (each === found ? changed : each)).filter(({ count }) => count);
}
