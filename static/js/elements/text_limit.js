/** Warns if a text is longer than its field's `data-limit`. The browser's `maxlength` would truncate it silently. */

import { ngettext } from "chatsite/i18n.js";

document.addEventListener("input", ({ target }) => {
  if (target.dataset?.limit) showLimit(target, Number(target.dataset.limit));
});

function showLimit(field, limit) {
  const excess = [...field.value].length - limit;
  const text = excess > 0 ? ngettext("%(count)s character too many.", "%(count)s characters too many.", excess) : "";
  fieldNote(field, "limit").textContent = text;
  field.classList.toggle("is-invalid", text !== "");
}

/** Returns the element below a field in which errors are announced while someone types. */
export function fieldNote(field, name) {
  const id = `${field.id}_${name}`;
  return document.getElementById(id) ?? addNote(field, id);
}

function addNote(field, id) {
  const note = document.createElement("p");
  note.className = "form-text is-error";
  note.id = id;
  note.setAttribute("role", "status");
  field.setAttribute("aria-describedby", `${field.getAttribute("aria-describedby") ?? ""} ${id}`.trim());
  field.parentElement.append(note);
  return note;
}
