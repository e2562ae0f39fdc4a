/** Forwards a message with its files: the quick switcher asks where to, and a dialog for a comment. */

import { DestinationPicker } from "chatsite/controllers/destination_picker.js";
import { attempt, promptFor } from "chatsite/elements/dialogs.js";
import { notify, UNTIL_DISMISSED } from "chatsite/elements/notices.js";
import { excerptOf } from "chatsite/format/excerpt.js";
import { forwardedBody } from "chatsite/format/forwarded.js";
import { roomPath } from "chatsite/format/paths.js";
import { gettext, ngettext } from "chatsite/i18n.js";
import { isConversation, roomTitle } from "chatsite/model/rooms.js";
import { copyAttachments } from "chatsite/net/attachments.js";

const EXCERPT_LENGTH = 500;
const COMMENT_LENGTH = 2000;

/**
 * `origin` is the message's room, and `limit` the most characters of a message. `send({room, body, attachments})` posts it, with copies
 * of the message's files.
 */
export function forward(message, { origin, limit, send, ...places }) {
  const choose = (target) => attempt(() => askAndSend(message, { target, origin, limit, send }));
  new DestinationPicker({ ...places, origin, choose }).open(gettext("Forward to a room or person"));
}

async function askAndSend(message, { target, origin, limit, send }) {
  const name = roomTitle(target);
  const comment = await promptFor({
    title: gettext("Forward to %(name)s", { name }),
    text: [warningOf(origin, target, name), filesText(message)].filter(Boolean).join(" "),
    field: gettext("Comment (optional)"),
    limit: COMMENT_LENGTH,
    isOptional: true,
    action: gettext("Forward"),
    quote: excerptOf(message, EXCERPT_LENGTH),
  });
  if (comment === null) return;
  const room = isConversation(origin) ? null : roomTitle(origin);
  const link = location.origin + roomPath(origin.id, message.seq);
  const post = (original, attachments) => {
    send({ room: target.id, body: forwardedBody(original, { room, link, comment, limit }), attachments });
    notify(gettext("Forwarded to %(name)s", { name }), "", { action: { text: gettext("Show"), href: roomPath(target.id) } });
  };
  await sendWithFiles(message, target.id, post);
}

/** If the files can't be copied, says why, and offers to forward the message with a link to them. */
async function sendWithFiles({ attachments: files = [], ...message }, room, post) {
  try {
    post(message, await copyAttachments(files, room));
  } catch ({ message: reason }) {
    const action = { text: gettext("Forward without files"), run: () => post({ ...message, attachments: files }, []) };
    notify(gettext("Couldn’t forward the files. %(reason)s", { reason }), "is-error", { duration: UNTIL_DISMISSED, action });
  }
}

function warningOf(origin, target, name) {
  if (origin.id === target.id || origin.kind === "public") return "";
  const values = { name };
  if (target.kind === "public")
    return isConversation(origin)
      ? gettext("This is a direct message. Everyone on this site will be able to read its text in %(name)s.", values)
      : gettext("This message is from a private room. Everyone on this site will be able to read its text and the room’s name in %(name)s.", values);
  return isConversation(origin)
    ? gettext("This is a direct message. Everyone in %(name)s will be able to read its text.", values)
    : gettext("This message is from a private room. Everyone in %(name)s will be able to read its text and the room’s name.", values);
}

function filesText({ attachments = [] }) {
  const count = attachments.length;
  return count ? ngettext("Its file is forwarded, too.", "Its %(count)s files are forwarded, too.", count) : "";
}
