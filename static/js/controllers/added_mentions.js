/**
 * Mentions that edits have added to messages which the user had read: marks those in view as read, in the conversation or in a
 * thread, and leads to the others.
 */

import { addedMentions } from "chatsite/model/rooms.js";

/** Returns a function that marks all of a room as read. */
export function watchAddedMentions({ log, conversations, rooms, socket, openRoom, redraw }) {
  const bar = log.querySelector(".log__mention");
  const inRoom = () => {
    const { current, currentRoom: room } = conversations;
    return room && current.isMember ? addedMentions(room) : []; // no longer in the list if it has just been left
  };
  const read = (room, seqs) => {
    if (!seqs.length) return;
    rooms.readMentions(room.id, seqs);
    socket.sendAndForget("mentions.read", { room: room.id, seqs }); // if that fails, they are back with the next `welcome`
    redraw();
  };
  const readAll = (room) => room && read(room, addedMentions(room));
  const isInView = (seq) => [...document.querySelectorAll("message-log")].some((each) => each.isInView(seq));
  const update = () => {
    if (!document.hidden) read(conversations.currentRoom, inRoom().filter(isInView));
    bar.toggleAttribute("hidden", log.isUnreadShown || !inRoom().length);
  };
  const actions = {
    show: () => openRoom({ room: conversations.current.room, around: inRoom()[0], push: false }),
    read: () => readAll(conversations.currentRoom),
  };
  bar.addEventListener("click", ({ target }) => actions[target.closest("button")?.dataset.action]?.());
  log.addEventListener("log-read", () => readAll(conversations.currentRoom));
  for (const type of ["log-seen", "log-drawn", "visibilitychange"]) document.addEventListener(type, update);
  const changes = {
    "mention.added": ({ room, seq }) => rooms.addMention(room, seq),
    "mentions.read": ({ room, seqs }) => rooms.readMentions(room, seqs),
  };
  socket.addEventListener("event", ({ detail: event }) => {
    if (!changes[event.type]) return;
    changes[event.type](event);
    redraw();
  });
  return readAll;
}
