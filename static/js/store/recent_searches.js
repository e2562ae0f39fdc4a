/** A user's recent searches in this browser, the latest first. */

const MAX = 8;

const keyOf = (user) => `chatsite-searches-${user}`;

export function recentSearches(user, storage) {
  try {
    const stored = JSON.parse(storage.getItem(keyOf(user)) ?? "[]");
    return Array.isArray(stored) ? stored.filter((each) => typeof each === "string") : [];
  } catch {
    return [];
  }
}

/** Adds a search, in place of the beginnings of it that were added while it was typed. */
export function rememberSearch(user, storage, text) {
  const search = text.trim();
  if (!search) return;
  const others = recentSearches(user, storage).filter((each) => each !== search && !search.startsWith(each));
  storage.setItem(keyOf(user), JSON.stringify([search, ...others].slice(0, MAX)));
}

export function forgetSearches(user, storage) {
  storage.removeItem(keyOf(user));
}
