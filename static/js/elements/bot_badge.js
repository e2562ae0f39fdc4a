/** The badge beside the name of a bot. */

import { gettext } from "chatsite/i18n.js";

/** Returns the badge, or null for people. */
export function botBadge(person) {
  if (!person?.is_bot) return null;
  return Object.assign(document.createElement("span"), { className: "bot-badge", textContent: gettext("Bot") });
}

/** Puts the badge after the element with the person's name, or removes it. */
export function drawBotBadge(name, person) {
  const next = name.nextElementSibling;
  if (next?.classList.contains("bot-badge")) next.remove();
  const badge = botBadge(person);
  if (badge) name.after(badge);
}
