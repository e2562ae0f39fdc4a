/** Keeps the quotes of unsent messages up to date with the quoted messages, which may be edited or deleted in the meantime. */

import { notify } from "chatsite/elements/notices.js";
import { gettext } from "chatsite/i18n.js";
import { getJson } from "chatsite/net/http.js";

export function watchQuotes({ conversations, composer, drafts, outbox, attachments }) {
  const update = (message) => {
    if (message.deleted_at) {
      outbox.clearQuotes(message);
      attachments.removeQuotes(message);
    }
    if (message.room !== conversations.current?.room) drafts.updateQuote(message);
    else if (composer.updateQuote(message)) notify(gettext("The message you were replying to was deleted."));
  };
  conversations.addEventListener("messages", ({ detail: { messages } }) => {
    for (const message of messages) if (message.edited_at || message.deleted_at) update(message);
  });
  conversations.addEventListener("opened", async () => {
    const { current } = conversations;
    const { replyTo } = current ? drafts.get(current.room) : {};
    if (!replyTo) return;
    const message = await find(current, replyTo).catch(() => null); // without a connection, the server refuses it later
    if (message) update(message);
  });
}

/** Resolves with the current state of a quoted message, which may not be among the loaded ones. */
async function find({ room, timeline }, { id, seq }) {
  const loaded = timeline.at(seq);
  if (loaded?.id === id) return loaded;
  const { messages } = await getJson(`/rooms/${room}/messages/?around=${seq}`);
  return messages.find((message) => message.id === id) ?? { id, room, deleted_at: true };
}
