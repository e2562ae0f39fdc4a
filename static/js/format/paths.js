/** Paths of the site's pages, which match Django's URL patterns. */

/** Returns the path of a room, or of message number `seq` in it. */
export function roomPath(room, seq = null) {
  return seq ? `/rooms/${room}/messages/${seq}/` : `/rooms/${room}/`;
}

/** Returns the path of the slash commands that can be run in a room. */
export function roomCommandsPath(room) {
  return `/api/v1/rooms/${room}/commands`;
}

/** Returns the path of the number of the first message at a time (a Date) or later. */
export function firstMessagePath(room, since) {
  return `/rooms/${room}/messages/first/?since=${since.toISOString()}`;
}

/** Returns the path of the page for invite links, which also add people to this room. */
export function invitationsPath(room) {
  return `/invitations/?room=${room}`;
}

/** Returns the path of the thread that begins with a message, by its id. */
export function threadPath(room, message) {
  return `/rooms/${room}/threads/${message}/`;
}

/** Returns the path of a thread's messages: the newest, or those before number `seq`. */
export function threadMessagesPath(room, message, seq = null) {
  return `${threadPath(room, message)}messages/${seq ? `?before=${seq}` : ""}`;
}

/** Returns the path with which a thread is followed and unfollowed. */
export function threadFollowPath(room, message) {
  return `${threadPath(room, message)}follow/`;
}

/** Returns the path of the numbers of replies to messages, by their ids. */
export function threadMarksPath(room, messages) {
  return `/rooms/${room}/threads/?messages=${messages}`;
}

/** Returns the path of the explanation of whether a message, by its id, notified the user. */
export function notificationPath(message) {
  return `/messages/${message}/notification/`;
}

/** Returns the path of the earlier texts of a message, by its id. */
export function editHistoryPath(message) {
  return `/messages/${message}/history/`;
}

/** Returns the path with which a message, given by its id, is saved for later and removed. */
export function savedPath(message) {
  return `/messages/${message}/saved/`;
}

/** Returns the path of the form for a reminder of a message, by its id. */
export function reminderPath(message) {
  return `/messages/${message}/reminder/`;
}

/** Returns the path with which the reminder of a message is dismissed. */
export function reminderNoticePath(message) {
  return `/messages/${message}/reminder/notice/`;
}

/** The page of the user's scheduled messages. */
export const SCHEDULED_PATH = "/scheduled/";

/** Returns the path with which a message to a room is scheduled. */
export function roomSchedulePath(room) {
  return `${roomPath(room)}scheduled/`;
}

/** Returns the path of the search in a room. */
export function searchPath(room) {
  return `/search/?${new URLSearchParams({ q: `${placeOperator(room)} ` })}`;
}

function placeOperator({ kind, name, peer, people }) {
  if (kind === "direct") return `with:@${peer?.username}`;
  if (kind === "group") return `with:${(people ?? []).map(({ username }) => `@${username}`).join(",")}`;
  return `in:"${(name ?? "").replaceAll('"', "")}"`;
}

const ROOM = /^\/rooms\/(\d+)\/(?:messages\/(\d+)\/)?$/;

/** Returns {room, around} for the URL of a room or of a message in it, or null for any other URL. */
export function parseRoomUrl(url) {
  const { origin, pathname } = new URL(url, location.href);
  const match = origin === location.origin && ROOM.exec(pathname);
  return match ? { room: Number(match[1]), around: match[2] ? Number(match[2]) : null } : null;
}

const THREAD = /^\/rooms\/(\d+)\/threads\/\d+\/$/;

/** Returns the room of the URL of a thread, or null for any other URL. */
export function parseThreadUrl(url) {
  const { origin, pathname } = new URL(url, location.href);
  const match = origin === location.origin && THREAD.exec(pathname);
  return match ? Number(match[1]) : null;
}

// Pages that the chat shows in a panel over the conversation. All other pages are loaded as usual.
const PANEL_PATHS = [
  /^\/rooms\/(?:new\/)?$/,
  /^\/rooms\/\d+\/(?:settings|members|bans|ownership|delete|scheduled|conversion|notifications)\/$/,
  /^\/scheduled\/(?:[0-9a-f-]{36}\/(?:deletion\/)?)?$/,
  THREAD,
  /^\/rooms\/\d+\/members\/\d+\/(?:ban|messages)\/$/,
  /^\/direct\/new\/$/,
  /^\/groups\/(?:new\/|\d+\/(?:(?:settings|delete)\/)?)?$/,
  /^\/messages\/\d+\/(?:history|reminder|notification)\/$/,
  /^\/people\/(?:[^/]+\/)?$/,
  /^\/profile\/(?:(?:status|search|deletion|privacy|files)\/)?$/,
  /^\/accounts\/(?:email|password\/change|password\/set|reauthenticate|sessions)\/$/,
  /^\/(?:invitations|reports|notifications|inbox|threads|mentions|online|saved|search|sections|settings\/site)\/$/,
];

/** Returns whether the URL, which may be relative, is one of the site's pages that open in a panel. */
export function isPanelUrl(url) {
  const { origin, pathname } = new URL(url, location.href);
  return origin === location.origin && PANEL_PATHS.some((pattern) => pattern.test(pathname));
}
