/** A person's picture, or the initials on a colour of their own. */

import { hueOf, initials } from "chatsite/model/people.js";

/** `status` is "on", "off" or null for none. */
export function fillFace(face, person, status = null) {
  const look = `${person.id} ${person.avatar} ${person.name}`;
  if (face.dataset.look !== look) draw(face, person, look);
  if (status) face.dataset.status = status;
  else delete face.dataset.status;
}

function draw(face, person, look) {
  face.dataset.look = look;
  face.className = face.className.replace(/\s*\bhue-\d+/, "");
  face.classList.add(`hue-${hueOf(person.id)}`);
  if (!person.avatar) {
    face.textContent = initials(person.name);
    return;
  }
  const picture = new Image();
  picture.alt = "";
  picture.loading = "lazy";
  picture.src = person.avatar;
  face.replaceChildren(picture);
}
