/** Splits a page of history into pieces, because drawing all of its messages at once would hold up scrolling. */

const SIZE = 8; // messages; with the rest of a frame, drawing them takes about 40 ms on a small computer

/** Returns the pieces of an older page, the newest first. */
export function olderPieces({ messages, has_older: hasOlder, ...page }) {
  const pieces = [];
  let end = messages.length;
  do {
    const start = Math.max(0, end - SIZE);
    pieces.push({ ...page, messages: messages.slice(start, end), has_older: hasOlder || start > 0 });
    end = start;
  } while (end > 0);
  return pieces;
}

/** Returns the pieces of a newer page, the oldest first. */
export function newerPieces({ messages, has_newer: hasNewer, ...page }) {
  const pieces = [];
  let start = 0;
  do {
    const end = start + SIZE;
    pieces.push({ ...page, messages: messages.slice(start, end), has_newer: hasNewer || end < messages.length });
    start = end;
  } while (start < messages.length);
  return pieces;
}
