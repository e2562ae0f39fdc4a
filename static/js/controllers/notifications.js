/** Notifies the user of messages, and closes notifications of messages that have been read on any device. */

import { parseRoomUrl } from "chatsite/format/paths.js";
import { loadModule } from "chatsite/net/module_loader.js";
import { closeNotifications, watchClicks } from "chatsite/net/service_worker.js";

const CLOSING_DELAY = 300; // in milliseconds, because markers of several rooms often move together

/** `sound`: the user's choice when the page was loaded. `openRoom(target)` opens a room, also from a panel. */
export function watchNotifications({ socket, serverEvents, rooms, roomView, openRoom, user, sound = "knock" }) {
  let chosenSound = sound;
  let timer = null;
  const closeRead = () => {
    clearTimeout(timer);
    timer = setTimeout(() => closeNotifications((url) => isRead(rooms, url)).catch(() => {}), CLOSING_DELAY);
  };
  serverEvents.addEventListener("sound-chosen", ({ detail }) => (chosenSound = detail.sound));
  serverEvents.addEventListener("notification", async ({ detail: event }) => {
    const shown = await load().then(({ notifyOf }) => notifyOf(event, { sound: chosenSound, user }));
    socket.sendAndForget("notification.shown", { message: event.message, shown });
  });
  for (const name of ["read", "synced", "room-left"]) serverEvents.addEventListener(name, closeRead);
  roomView.addEventListener("read", closeRead);
  watchClicks((url) => {
    const target = parseRoomUrl(url);
    if (target) openRoom(target);
    else location.assign(url);
  });
}

function load() {
  return loadModule("chatsite/controllers/notifier.js");
}

/** Returns whether the notification that leads to this URL is over: its message was read, or its room was left. */
function isRead(rooms, url) {
  const target = parseRoomUrl(url);
  if (!target) return false;
  const room = rooms.get(target.room);
  return !room || (target.around !== null && target.around <= room.last_read_seq);
}
