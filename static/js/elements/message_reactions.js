/** The reactions below a message: a button for each emoji, and one to add another. */

import { clone } from "chatsite/elements/templates.js";
import { formatNumber, gettext, ngettext } from "chatsite/i18n.js";
import { isOwnReaction } from "chatsite/model/reactions.js";

/** Draws them into an element, and keeps the buttons that are there, one of which may have the focus. */
export function drawReactions(element, reactions, me) {
  element.hidden = !reactions.length;
  if (!reactions.length) return element.replaceChildren();
  const known = new Map([...element.querySelectorAll("[data-emoji]")].map((button) => [button.dataset.emoji, button]));
  const buttons = reactions.map((reaction) => drawReaction(known.get(reaction.emoji) ?? createButton(reaction.emoji), reaction, me));
  const add = element.querySelector("[data-action=react]") ?? clone("add-reaction");
  const wanted = [...buttons, add];
  for (const child of [...element.children]) if (!wanted.includes(child)) child.remove();
  wanted.forEach((child, index) => element.children[index] === child || element.insertBefore(child, element.children[index] ?? null));
}

/** Returns a text that is different for different reactions. */
export function reactionsKey(reactions = []) {
  return reactions.map(({ emoji, count, own }) => `${emoji}${count}${own ?? ""}`).join(" ");
}

function createButton(emoji) {
  const button = clone("reaction");
  button.dataset.emoji = emoji;
  button.querySelector(".reaction__emoji").textContent = emoji;
  return button;
}

function drawReaction(button, reaction, me) {
  const { emoji, count } = reaction;
  const isOwn = isOwnReaction(reaction, me);
  button.querySelector(".reaction__count").textContent = formatNumber(count);
  button.ariaPressed = String(isOwn);
  const people = ngettext("%(emoji)s, %(count)s person", "%(emoji)s, %(count)s people", count, { emoji });
  button.ariaLabel = isOwn ? gettext("%(people)s, including you", { people }) : people;
  return button;
}
