/** The files of messages. What draws them is fetched with the first one. */

import { excerptOf } from "chatsite/format/excerpt.js";

const NAMES = 500;

let drawing = null;
const wanted = new WeakMap();

/** So that the messages can be drawn whole at once: what is drawn later would move what stands below it. */
export async function prepareFiles(messages) {
  if (drawing || !messages.some(({ attachments }) => attachments?.length)) return;
  drawing = await import("chatsite/elements/message_attachments.js").catch(() => null);
}

export function showFiles(place, { attachments = [] }) {
  wanted.set(place, attachments);
  if (drawing) drawing.showAttachments(place, attachments);
  else if (attachments.length) showLater(place);
}

async function showLater(place) {
  await prepareFiles([{ attachments: wanted.get(place) }]);
  const attachments = wanted.get(place); // perhaps others than at first
  if (drawing) return drawing.showAttachments(place, attachments);
  place.hidden = !attachments.length;
  place.textContent = excerptOf({ attachments }, NAMES);
}
