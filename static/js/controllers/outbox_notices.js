/** Notices about messages that failed in other rooms, and about replies sent without their quote. */

import { LONG_NOTICE, notify } from "chatsite/elements/notices.js";
import { excerptOf } from "chatsite/format/excerpt.js";
import { gettext } from "chatsite/i18n.js";
import { roomTitle } from "chatsite/model/rooms.js";

const EXCERPT_LENGTH = 200;

export function watchOutbox({ outbox, conversations, rooms }) {
  outbox.addEventListener("unquoted", () => {
    notify(gettext("The message you replied to was deleted. Your reply was sent without the quote."), "is-warning", { duration: LONG_NOTICE });
  });
  outbox.addEventListener("failed", ({ detail: { post } }) => {
    if (post.room === conversations.currentRoom?.id) return; // it is shown with the reason in the conversation
    const room = rooms.get(post.room);
    const values = { message: excerptOf(post, EXCERPT_LENGTH), reason: post.note, room: room && roomTitle(room) };
    const text = room
      ? gettext("Your message “%(message)s” couldn’t be sent in %(room)s. %(reason)s", values)
      : gettext("Your message “%(message)s” couldn’t be sent. %(reason)s", values);
    notify(text, "is-error", { duration: LONG_NOTICE });
  });
}
