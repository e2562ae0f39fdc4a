/**
 * Deletes what the browser stores for a user: drafts, unsaved edits, unsent messages and files, searches, frequent emoji, and the copy of
 * their rooms.
 */

import { draftPrefix, syncedPrefix, threadDraftPrefix } from "chatsite/store/drafts.js";
import { editPrefix } from "chatsite/store/edit_drafts.js";
import { forgetEmoji } from "chatsite/store/frequent_emoji.js";
import { forgetCopy } from "chatsite/store/offline_copy.js";
import { forgetSearches } from "chatsite/store/recent_searches.js";
import { forgetShared } from "chatsite/store/shared_content.js";

/** `storage` is a SafeStorage. For `stores`, see store/indexed_db.js. */
export async function forgetUser(user, { storage, stores: { posts, uploads } }) {
  for (const key of storage.keys) if (isOf(user, key) || key.startsWith(syncedPrefix(user))) storage.removeItem(key);
  forgetSearches(user, storage);
  forgetEmoji(storage);
  storage.removeItem(pushKey(user));
  await Promise.allSettled([posts.removeUser(user), uploads.removeUser(user), forgetCopy(), forgetShared()]);
}

/** Resolves with whether anything is stored for the user. */
export async function hasStored(user, { storage, stores: { posts, uploads } }) {
  if (storage.keys.some((key) => isOf(user, key))) return true;
  const counts = await Promise.allSettled([posts.countOf(user), uploads.countOf(user)]);
  return counts.some(({ value }) => value > 0);
}

/** Returns the key under which the browser remembers that the user has turned on push messages in it. */
export function pushKey(user) {
  return `chatsite-push-${user}`;
}

function isOf(user, key) {
  return [draftPrefix, threadDraftPrefix, editPrefix].some((prefix) => key.startsWith(prefix(user)));
}
