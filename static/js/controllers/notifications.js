/** Notifies the user of messages, and closes notifications of messages that have been read on any device, deleted or hidden. */

import { isPanelUrl, parseRoomUrl, roomPath } from "chatsite/format/paths.js";
import { loadModule } from "chatsite/net/module_loader.js";
import { closeNotifications, watchClicks } from "chatsite/net/service_worker.js";

const INBOX = "/inbox/";
const CLOSING_DELAY = 300; // in milliseconds, because markers of several rooms often move together

/**
 * `sound`: the user's choice when the page was loaded. `openRoom(target)` opens a room, also from a panel, and
 * `openPage(url)` a page in a panel.
 */
export function watchNotifications({ socket, serverEvents, rooms, roomView, openRoom, openPage, user, sound = "knock" }) {
  let chosenSound = sound;
  let timer = null;
  const deleted = new Set(); // the paths of messages
  const closeEnded = () => {
    const paths = new Set(deleted);
    deleted.clear();
    const isOver = ({ url }) => isRead(rooms, url) || paths.has(new URL(url, location.href).pathname);
    closeNotifications(isOver).catch(() => {});
  };
  const closeSoon = () => {
    clearTimeout(timer);
    timer = setTimeout(closeEnded, CLOSING_DELAY);
  };
  serverEvents.addEventListener("sound-chosen", ({ detail }) => (chosenSound = detail.sound));
  serverEvents.addEventListener("notification", async ({ detail: event }) => {
    const shown = await load().then(({ notifyOf }) => notifyOf(event, { sound: chosenSound, user }));
    socket.sendAndForget("notification.shown", { message: event.message, shown });
  });
  for (const name of ["read", "synced", "room-left"]) serverEvents.addEventListener(name, closeSoon);
  roomView.addEventListener("read", closeSoon);
  serverEvents.addEventListener("message-deleted", ({ detail: { room, seq } }) => {
    deleted.add(roomPath(room, seq));
    closeSoon();
  });
  serverEvents.addEventListener("person-hidden", ({ detail: { user: hidden } }) => {
    closeNotifications(({ sender }) => sender === hidden).catch(() => {});
  });
  watchClicks((url) => {
    const target = parseRoomUrl(url);
    if (target) openRoom(target);
    else if (isPanelUrl(url)) openPage(url);
    else location.assign(url);
  });
}

function load() {
  return loadModule("chatsite/controllers/notifier.js");
}

/**
 * Returns whether the notification that leads to this URL is over: its message was read, or its room was left. One that leads to the
 * inbox sums up several messages.
 */
function isRead(rooms, url) {
  if (new URL(url, location.href).pathname === INBOX) return rooms.unreadForMe === 0;
  const target = parseRoomUrl(url);
  if (!target) return false;
  const room = rooms.get(target.room);
  return !room || (target.around !== null && target.around <= room.last_read_seq);
}
