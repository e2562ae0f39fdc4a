/** Paths of the site's pages, as Django's URLs name them. */

/** The path of a room, or of the message number `seq` in it. */
export function roomPath(room, seq = null) {
  return seq ? `/rooms/${room}/messages/${seq}/` : `/rooms/${room}/`;
}
