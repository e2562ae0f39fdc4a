/** A person's card: who it is, and what one may do about them. */

import { fillFace } from "chatsite/elements/avatar.js";
import { presenceLabel } from "chatsite/model/presence.js";
import { statusText } from "chatsite/model/status.js";

const DELETED = "deleted:"; // as the names of deleted accounts begin: they have no page, and read nothing

/** Resolves with what was chosen: "message", "mute", "unmute", "block" or "" for nothing. `state` is how they are here. */
export function showPerson(person, { state, isMuted, isMe }) {
  const dialog = document.getElementById("person");
  const find = (selector) => dialog.querySelector(selector);
  const isGone = person.username.startsWith(DELETED);
  fillFace(find(".avatar"), person, isGone ? null : state);
  find("h2").textContent = person.name;
  find(".person__details").textContent = isGone ? "" : `@${person.username}${state === "off" ? "" : ` · ${presenceLabel(state)}`}`;
  find(".status-text").textContent = statusText(person);
  find("a").hidden = isGone;
  find("a").href = `/people/${encodeURIComponent(person.username)}/`;
  const offered = { message: !isMe && !isGone, mute: !isMe && !isMuted, unmute: !isMe && isMuted, block: !isMe };
  for (const button of dialog.querySelectorAll("button[value]")) if (button.value) button.hidden = !offered[button.value];
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue), { once: true });
  });
}
