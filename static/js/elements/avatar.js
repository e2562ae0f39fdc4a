/** Avatars: a user's photo, or their initials on a color that depends on their id, or the emoji of a bot's alias. */

import { hueOf, initials } from "chatsite/model/people.js";

/** `status` is a presence state (see model/presence.js), or null to show no presence dot. */
export function drawAvatar(element, person, status = null) {
  const key = `${person.id} ${person.avatar} ${person.name} ${person.emoji}`;
  if (element.dataset.key !== key) draw(element, person, key);
  if (status) element.dataset.status = status;
  else delete element.dataset.status;
}

function draw(element, person, key) {
  element.dataset.key = key;
  element.className = element.className.replace(/\s*\bhue-\d+/, "");
  element.classList.add(`hue-${hueOf(person.id)}`);
  element.classList.toggle("is-emoji", Boolean(person.emoji));
  if (person.emoji) element.textContent = person.emoji;
  else if (person.avatar) element.replaceChildren(Object.assign(new Image(), { alt: "", loading: "lazy", src: person.avatar }));
  else element.textContent = initials(person.name);
}
