/** A user's card, with information about them and the available actions. */

import { drawAvatar } from "chatsite/elements/avatar.js";
import { drawBotBadge } from "chatsite/elements/bot_badge.js";
import { presenceLabel, statusText } from "chatsite/model/presence.js";

const DELETED_PREFIX = "deleted:"; // in the usernames of deleted accounts, which have no page and can't be messaged

/**
 * Resolves with the chosen action ("message", "mute", "unmute", "block"), or "" for none. `state` is the user's presence. `bansFrom`:
 * the id of the open room, if the reader may ban them from it. `isMessaged`: whether the conversation with them is open.
 */
export function showPersonCard(person, { state, isMuted, isMe, bansFrom, isMessaged }) {
  const dialog = document.getElementById("person");
  const find = (selector) => dialog.querySelector(selector);
  const isDeleted = person.username.startsWith(DELETED_PREFIX);
  const details = state === "off" ? [`@${person.username}`] : [`@${person.username}`, presenceLabel(state)];
  drawAvatar(find(".avatar"), person, isDeleted ? null : state);
  find("h2").textContent = person.name;
  drawBotBadge(find("h2"), person);
  find(".person__details").textContent = isDeleted ? "" : details.join(" · ");
  find(".status-text").textContent = statusText(person);
  find("a").hidden = isDeleted;
  find("a").href = `/people/${encodeURIComponent(person.username)}/`;
  find("[data-ban]").hidden = !bansFrom || isDeleted;
  find("[data-ban]").href = `/rooms/${bansFrom}/members/${person.id}/ban/`;
  find(".person__actions").hidden = isMe;
  const isOffered = { message: !isDeleted && !isMessaged, mute: !isMuted, unmute: isMuted, block: true };
  for (const button of dialog.querySelectorAll("button[value]")) if (button.value) button.hidden = !isOffered[button.value];
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue), { once: true });
  });
}
