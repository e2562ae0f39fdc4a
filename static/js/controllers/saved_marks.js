/** Keeps the marks of saved messages up to date, also with what other tabs saved during an outage. */

import { getJson } from "chatsite/net/http.js";

export function watchSavedMarks({ saved, conversations, serverEvents, redraw }) {
  let isFirst = true;
  let stale = new Set(); // conversations
  const check = async (conversation) => {
    if (!stale.delete(conversation)) return;
    const { messages } = conversation.timeline;
    if (!messages.length) return;
    try {
      const answer = await getJson(`/saved/marks/?messages=${messages.map(({ id }) => id)}`);
      saved.learn(messages, answer.saved);
    } catch {
      stale.add(conversation);
    }
  };
  conversations.addEventListener("messages", ({ detail }) => detail.saved && saved.learn(detail.messages, detail.saved));
  conversations.addEventListener("opened", () => check(conversations.current));
  serverEvents.addEventListener("welcome", () => {
    if (!isFirst) stale = new Set(conversations.all);
    isFirst = false;
    check(conversations.current);
  });
  saved.addEventListener("change", redraw);
}
