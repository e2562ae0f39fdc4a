/** Places where messages are written: the conversation, and a thread beside it. */

/**
 * Returns {root, room, thread, composer, tray, status} for a composer: the part of the page that it is in, the id of the room, which
 * `room()` returns, that of the thread or null, and the elements for its files and for announcements about them.
 */
export function placeIn(root, composer, room, thread = null) {
  const [tray, status] = [root.querySelector("attachment-tray"), root.querySelector("[data-upload-status]")];
  return {
    ...{ root, thread, composer, tray, status },
    get room() {
      return room();
    },
  };
}

/** Returns what tells places apart. */
export function placeKey({ room, thread }) {
  return `${room} ${thread ?? ""}`;
}
