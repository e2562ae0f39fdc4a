/** Copies of the <template> elements in the page. */

const templates = new Map();

export function clone(id) {
  if (!templates.has(id)) templates.set(id, document.getElementById(id).content.firstElementChild);
  return templates.get(id).cloneNode(true);
}
