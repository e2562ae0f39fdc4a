/** A person's card: who it is, and what one may do about them. */

import { fillFace } from "chatsite/elements/face.js";
import { presenceWords } from "chatsite/lib/presence.js";

/** Resolves with what was chosen: "message", "mute", "unmute", "block" or "" for nothing. */
export function showPerson(person, { state, isMuted, isMe }) {
  const dialog = document.getElementById("person");
  const find = (selector) => dialog.querySelector(selector);
  fillFace(find(".face"), person, state);
  find("h2").textContent = person.name;
  find(".person__facts").textContent = `@${person.username} · ${presenceWords(state)}`;
  find("a").href = `/people/${encodeURIComponent(person.username)}/`;
  const offered = { message: !isMe, mute: !isMe && !isMuted, unmute: !isMe && isMuted, block: !isMe };
  for (const button of dialog.querySelectorAll("button[value]")) if (button.value) button.hidden = !offered[button.value];
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue), { once: true });
  });
}
