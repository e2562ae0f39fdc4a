/** The head of the room: its name, what it is about, and what one may do with it. */

import { presenceLabel } from "chatsite/model/presence.js";
import { roomName } from "chatsite/model/rooms.js";
import { statusText } from "chatsite/model/status.js";

/** `conversation` may be null: the person is in no room. */
export function drawHead(room, conversation, presence, unreadElsewhere) {
  const head = document.querySelector(".room__head");
  for (const sign of head.querySelectorAll("[data-kind]")) sign.toggleAttribute("hidden", sign.dataset.kind !== room?.kind);
  head.querySelector(".room__name").textContent = room ? roomName(room) : "No rooms yet";
  head.querySelector(".room__topic").textContent = room ? topicOf(room, presence) : "";
  head.querySelector(".room__tools").hidden = !room;
  head.querySelector(".room__badge").hidden = !unreadElsewhere;
  if (room) offer(head, room, conversation);
}

/** "# Design", or a person's name. */
export function titleOf(room) {
  return room.kind === "public" ? `# ${roomName(room)}` : roomName(room);
}

/** Why one cannot write here, or null where one can. */
export function closedSentence(room, conversation) {
  if (!conversation.isMember) return "You’re previewing this room. Join to post.";
  if (room.archived_at) return "This room is archived and read-only.";
  if (conversation.canPost) return null;
  return room.is_read_only ? "Only owners and moderators can post here." : "You can’t post here.";
}

/** How slowly one may write here, or nothing where one may write at will. */
export function paceSentence({ slow_seconds: seconds, role }) {
  if (!seconds || role === "owner" || role === "moderator") return "";
  const [unit, length] = [["hour", 3600], ["minute", 60], ["second", 1]].find((each) => seconds % each[1] === 0);
  const count = seconds / length;
  return `Slow mode: one message every ${count === 1 ? unit : `${count} ${unit}s`}`;
}

/** What stands above the first message that one may see. */
export function beginningOf(room, first) {
  if (first && room.cleared_seq) return "You cleared the earlier history.";
  const place = room.kind === "direct" ? `your conversation with ${roomName(room)}` : titleOf(room);
  if (first) return `This is the beginning of ${place}.`;
  if (room.cleared_seq) return "You’ve cleared the history. New messages will appear here.";
  return "No messages yet. Say hello!";
}

function topicOf(room, presence) {
  if (room.archived_at) return "Archived";
  if (room.kind !== "direct" || !room.peer) return room.topic ?? "";
  const words = presenceLabel(presence.stateOf(room.peer.id));
  return [words[0].toUpperCase() + words.slice(1), statusText(room.peer)].filter(Boolean).join(" · ");
}

function offer(head, room, conversation) {
  const isPlace = room.kind !== "direct";
  const offered = {
    all: true,
    member: conversation.isMember,
    room: isPlace && conversation.isMember,
    moderator: isPlace && (room.role === "owner" || room.role === "moderator"),
  };
  head.querySelector("[data-mute]").textContent = room.muted ? "Unmute" : "Mute";
  for (const item of head.querySelectorAll("[data-for]")) item.hidden = !offered[item.dataset.for];
  for (const link of head.querySelectorAll("[data-room-link]")) link.href = `/rooms/${room.id}/${link.dataset.roomLink}`;
}
