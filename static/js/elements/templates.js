/** Copies of the page's <template> elements. */

const found = new Map();

export function clone(id) {
  if (!found.has(id)) found.set(id, document.getElementById(id).content.firstElementChild);
  return found.get(id).cloneNode(true);
}
