/** Mentions in messages. */

/** Returns whether a message mentions the user with this id. */
export function isMentioned({ mentions = [], deleted_at: deletedAt }, me) {
  return !deletedAt && mentions.includes(me);
}
