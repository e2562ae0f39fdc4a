/** The user's own sections of the sidebar, which the server draws first. */

import { clone } from "chatsite/elements/templates.js";
import { ownKey } from "chatsite/model/room_sections.js";

/** Draws the headings in this order, given as [{id, name}]. The rows of sections that no longer exist are drawn elsewhere. */
export function drawOwnSections(parent, sections) {
  const keys = new Set(sections.map(({ id }) => ownKey(id)));
  const focused = document.activeElement;
  for (const element of [...parent.children]) if (!keys.has(element.dataset.section)) element.remove();
  sections.forEach(({ id, name }, index) => {
    const element = parent.querySelector(`[data-section="${ownKey(id)}"]`) ?? create(ownKey(id));
    const heading = element.querySelector("bdi");
    if (heading.textContent !== name) heading.textContent = name;
    if (parent.children[index] !== element) parent.insertBefore(element, parent.children[index]);
  });
  if (parent.contains(focused)) focused.focus({ preventScroll: true }); // moving its section has taken the focus from it
}

function create(key) {
  const section = clone("own-section");
  section.dataset.section = key;
  for (const name of ["fold", "list"]) section.querySelector(`[data-${name}]`).dataset[name] = key;
  return section;
}
