/** Keeps the number of replies to the loaded messages up to date, also after an outage and when replies are deleted. */

import { threadMarksPath } from "chatsite/format/paths.js";
import { getJson } from "chatsite/net/http.js";

const DELAY = 300; // in milliseconds, for several deletions at once
const MAX_MESSAGES = 1000; // in one request

export function watchThreadMarks({ threads, conversations, serverEvents, redraw }) {
  let isFirst = true;
  let timer = null;
  const stale = new Set(); // ids of messages
  const refresh = async () => {
    const { current } = conversations;
    if (!current || !stale.size) return;
    const ids = [...stale].filter((id) => current.timeline.get(id)).slice(0, MAX_MESSAGES);
    stale.clear();
    if (!ids.length) return;
    try {
      const answer = await getJson(threadMarksPath(current.room, ids));
      threads.learn(ids.map((id) => ({ id })), answer.threads);
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
    for (const reply of replies) if (!reply.deleted_at) threads.addReply(reply);
    if (deleted.length) plan(deleted.map(({ thread }) => thread));
  });
  serverEvents.addEventListener("synced", () => {
    const messages = isFirst ? [] : (conversations.current?.timeline.messages ?? []);
    isFirst = false;
    if (messages.length || stale.size) plan(messages.map(({ id }) => id));
  });
  threads.addEventListener("change", redraw);
}
