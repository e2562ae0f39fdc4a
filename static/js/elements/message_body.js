/** The text of a message: its HTML from the server, with what only works in a page. */

import { showMessageHtml } from "chatsite/elements/server_html.js";
import { isEmojiOnly } from "chatsite/format/emoji.js";
import { parseRoomUrl } from "chatsite/format/paths.js";
import { gettext } from "chatsite/i18n.js";

export function drawMessageBody(element, { html, body = "", deleted_at: deletedAt, isDeleting }) {
  if (deletedAt) element.replaceChildren(paragraph(isDeleting ? gettext("Deleting…") : gettext("Message deleted")));
  else if (html) showMessageHtml(element, html);
  else element.replaceChildren(paragraph(body));
  element.classList.toggle("is-emoji", !deletedAt && isEmojiOnly(body));
  if (html) for (const prepare of [scrollTables, labelCheckboxes, coverSpoilers]) prepare(element);
  for (const code of element.querySelectorAll("pre")) code.tabIndex = 0; // to scroll by keyboard
}

/** Shows the name of the room in place of a pasted link to it, if `roomTitle(id)` returns one. */
export function nameRoomLinks(element, roomTitle) {
  for (const link of element.querySelectorAll("a[href]")) {
    const target = link.dataset.pasted || isPasted(link) ? parseRoomUrl(link.href) : null;
    if (!target) continue;
    const room = roomTitle(target.room);
    link.dataset.pasted = "true";
    link.removeAttribute("target");
    link.dir = "auto";
    link.textContent = room ? nameOf(room, target.around) : link.href;
  }
}

function nameOf(room, message) {
  return message ? gettext("%(room)s › message", { room }) : room;
}

function isPasted(link) {
  return URL.canParse(link.textContent) && new URL(link.textContent).href === link.href;
}

/** Lets tables scroll sideways, and aligns their columns as their headers. */
function scrollTables(element) {
  for (const table of element.querySelectorAll("table")) {
    const frame = Object.assign(document.createElement("div"), { className: "table-frame", tabIndex: 0, role: "region" });
    frame.ariaLabel = gettext("Table");
    table.replaceWith(frame);
    frame.append(table);
    for (const { align, cellIndex } of table.querySelectorAll("th[align]"))
      for (const row of table.tBodies[0]?.rows ?? []) row.cells[cellIndex].align = align;
  }
}

function labelCheckboxes(element) {
  for (const checkbox of element.querySelectorAll('input[type="checkbox"]'))
    checkbox.ariaLabel = checkbox.checked ? gettext("Completed task") : gettext("Incomplete task");
}

/** Makes each spoiler a button. Until it is pressed, its text can't be seen, read aloud, found or copied. */
function coverSpoilers(element) {
  for (const spoiler of element.querySelectorAll(".spoiler")) {
    const text = Object.assign(document.createElement("span"), { className: "spoiler__text", inert: true });
    text.append(...spoiler.childNodes);
    spoiler.append(text);
    spoiler.classList.add("is-covered");
    Object.assign(spoiler, { role: "button", tabIndex: 0, ariaLabel: gettext("Show spoiler"), title: gettext("Show spoiler") });
    spoiler.addEventListener("click", () => reveal(spoiler));
    spoiler.addEventListener("keydown", (event) => {
      if (event.target !== spoiler || (event.key !== "Enter" && event.key !== " ")) return;
      event.preventDefault();
      reveal(spoiler);
    });
  }
}

/** The focus stays where it is, but the text is no longer a tab stop. */
function reveal(spoiler) {
  if (!spoiler.classList.contains("is-covered")) return;
  spoiler.classList.remove("is-covered");
  for (const name of ["role", "aria-label", "title"]) spoiler.removeAttribute(name);
  spoiler.tabIndex = -1;
  spoiler.firstElementChild.inert = false;
}

function paragraph(text) {
  return Object.assign(document.createElement("p"), { textContent: text });
}
