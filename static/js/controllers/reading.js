/** Marks messages as read, and rooms that someone added this user to as seen. */

import { roomPath } from "chatsite/format/paths.js";
import { post } from "chatsite/net/http.js";

/** Returns a function that marks a room as read. */
export function watchReading({ conversations, rooms, roomView, readMarker, serverEvents, redraw }) {
  const markSeen = (room) => {
    if (!room?.is_new) return;
    rooms.merge({ id: room.id, is_new: false });
    post(`${roomPath(room.id)}seen/`).catch(() => {}); // if that fails, the badge is back with the next `welcome`
    redraw();
  };
  const seeOpenRoom = () => document.hidden || markSeen(conversations.currentRoom);
  const mark = (room, seq) => {
    readMarker.mark(room, seq);
    redraw();
  };
  conversations.addEventListener("opened", seeOpenRoom);
  roomView.addEventListener("read", ({ detail: { room, seq } }) => mark(room, seq));
  serverEvents.addEventListener("welcome", () => {
    readMarker.reset();
    seeOpenRoom();
  });
  serverEvents.addEventListener("synced", () => {
    readMarker.flush();
    roomView.markRead();
  });
  serverEvents.addEventListener("marked-unread", ({ detail: { room } }) => roomView.keepUnread(room));
  document.addEventListener("visibilitychange", () => {
    roomView.markRead();
    seeOpenRoom();
  });
  return (room) => {
    markSeen(room);
    rooms.markRead(room.id, room.last_seq);
    mark(room.id, room.last_seq);
  };
}
