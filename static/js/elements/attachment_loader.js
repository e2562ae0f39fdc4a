/** Draws the attachments of messages. The code for this is fetched with the first message that has attachments. */

import { excerptOf } from "chatsite/format/excerpt.js";
import { loadModule } from "chatsite/net/module_loader.js";

const EXCERPT_LENGTH = 500;

let renderer = null;
const latest = new WeakMap();

/** Fetches the code before messages are drawn, because attachments drawn later would move the messages below. */
export async function preloadAttachments(messages) {
  if (renderer || !messages.some(({ attachments }) => attachments?.length)) return;
  renderer = await loadModule("chatsite/elements/message_attachments.js").catch(() => null);
}

export function drawAttachments(element, { attachments = [] }) {
  latest.set(element, attachments);
  if (renderer) renderer.showAttachments(element, attachments);
  else if (attachments.length) drawLater(element);
}

async function drawLater(element) {
  await preloadAttachments([{ attachments: latest.get(element) }]);
  const attachments = latest.get(element); // they may have changed in the meantime
  if (renderer) return renderer.showAttachments(element, attachments);
  element.hidden = !attachments.length;
  element.textContent = excerptOf({ attachments }, EXCERPT_LENGTH);
}
