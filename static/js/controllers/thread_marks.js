/** Keeps the number of replies to the loaded messages and the unread threads up to date, also after an outage. */

import { threadMarksPath } from "chatsite/format/paths.js";
import { formatNumber } from "chatsite/i18n.js";
import { getJson } from "chatsite/net/http.js";

const DELAY = 300; // in milliseconds, for several deletions at once
const MAX_MESSAGES = 1000; // in one request
const MAX_SHOWN = 99; // threads

export function watchThreadMarks({ threads, conversations, serverEvents, socket, roomView, people, redraw }) {
  let isFirst = true;
  let timer = null;
  const stale = new Set(); // ids of messages
  const refresh = async () => {
    const { current } = conversations;
    if (!current || !stale.size) return;
    const ids = [...stale].filter((id) => current.timeline.get(id)).slice(0, MAX_MESSAGES);
    stale.clear();
    if (!ids.length) return;
    const { position } = threads;
    try {
      const answer = await getJson(threadMarksPath(current.room, ids));
      threads.learn(ids.map((id) => ({ id })), answer.threads, position);
    } catch {
      for (const id of ids) stale.add(id); // until the next connection
    }
  };
  const plan = (ids) => {
    for (const id of ids) stale.add(id);
    clearTimeout(timer);
    timer = setTimeout(refresh, DELAY);
  };
  conversations.addEventListener("messages", ({ detail: { messages, threads: known } }) => {
    if (known) return threads.learn(messages, known);
    const replies = messages.filter(({ thread }) => thread);
    const deleted = replies.filter(({ deleted_at: deletedAt }) => deletedAt);
    for (const { sender, room, seq } of messages) if (sender.id === people.me.id) threads.markRoomRead(room, seq);
    for (const reply of replies) reply.deleted_at ? threads.removeReply(reply) : threads.addReply(reply);
    if (deleted.length) plan(deleted.map(({ thread }) => thread));
  });
  serverEvents.addEventListener("synced", () => {
    const messages = isFirst ? [] : (conversations.current?.timeline.messages ?? []);
    isFirst = false;
    if (messages.length || stale.size) plan(messages.map(({ id }) => id));
  });
  threads.addEventListener("change", redraw);
  roomView.addEventListener("read", ({ detail: { room, seq } }) => threads.markRoomRead(room, seq));
  watchFollowed(threads, socket);
}

/** Applies the server's events about followed threads, and shows in the sidebar how many have unread replies. */
function watchFollowed(threads, socket) {
  const apply = {
    welcome: (event) => threads.learnFollowed(event.threads),
    "thread.followed": (event) => threads.follow(event),
    "thread.unfollowed": ({ thread }) => threads.unfollow(thread),
    "thread.read": ({ thread, seq }) => threads.markRead(thread, seq),
    "room.read": ({ room, seq }) => threads.markRoomRead(room, seq),
    "room.unread": () => reload(threads),
    "room.left": () => reload(threads),
    "person.hidden": () => reload(threads),
    "person.shown": () => reload(threads),
    "people.muted": () => reload(threads),
  };
  socket.addEventListener("event", ({ detail: event }) => apply[event.type]?.(event));
  const count = document.querySelector("[data-threads] .count");
  threads.addEventListener("change", () => {
    count.toggleAttribute("hidden", !threads.unreadCount);
    const text = threads.unreadCount > MAX_SHOWN ? `${MAX_SHOWN}+` : formatNumber(threads.unreadCount);
    if (count.textContent !== text) count.textContent = text;
  });
}

/** Loads the followed threads again, because only the server knows which of them are unread now. The next connection has them, too. */
async function reload(threads) {
  const followed = await getJson("/threads/unread/").catch(() => null);
  if (followed) threads.learnFollowed(followed);
}
