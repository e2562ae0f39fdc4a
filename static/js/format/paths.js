/** Paths of the site's pages, which match Django's URL patterns. */

/** Returns the path of a room, or of message number `seq` in it. */
export function roomPath(room, seq = null) {
  return seq ? `/rooms/${room}/messages/${seq}/` : `/rooms/${room}/`;
}
