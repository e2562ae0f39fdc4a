/** Dialogs for moving rooms to the user's own sections, and the menu for ordering, renaming and deleting these. */

import { ActionMenu } from "chatsite/elements/action_menu.js";
import { attempt, confirmAction } from "chatsite/elements/dialogs.js";
import { notify } from "chatsite/elements/notices.js";
import { roomPath } from "chatsite/format/paths.js";
import { gettext } from "chatsite/i18n.js";
import { ownKey } from "chatsite/model/room_sections.js";
import { roomName } from "chatsite/model/rooms.js";
import { post, remove } from "chatsite/net/http.js";

const NEW = "new";

const dialog = document.getElementById("section");
const form = dialog.querySelector("form");
const { name: field } = form.elements;
const choices = form.querySelector("fieldset");
const removal = form.querySelector('[data-action="remove"]');

let menu;
let model;
let openPage;
let save;

form.addEventListener("submit", (event) => {
  event.preventDefault();
  submit(() => save());
});
form.querySelector('[data-action="cancel"]').addEventListener("click", () => dialog.close());
removal.addEventListener("click", () => submit(() => remove(removal.dataset.url)));
field.addEventListener("input", () => {
  const choice = choices.querySelector(`[value="${NEW}"]`);
  if (choice) choice.checked = true;
});

/** Asks for the section, which may be a new one, to move a room to. */
export function moveToSection(sections, room) {
  const url = `${roomPath(room.id)}section/`;
  choices.hidden = false;
  choices.replaceChildren(...sections.own.map(({ id, name }) => choice(id, name)));
  if (sections.own.length) choices.append(choice(NEW, gettext("New section")));
  const current = sections.own.some(({ id }) => id === room.section) ? room.section : null;
  const first = choices.querySelector(`[value="${current ?? sections.own[0]?.id}"]`);
  if (first) first.checked = true;
  removal.hidden = current === null;
  removal.dataset.url = url;
  save = () => {
    const { value } = form.elements.section ?? { value: NEW };
    return post(url, value === NEW ? { name: field.value } : { section: value });
  };
  open({ title: gettext("Move %(room)s to section", { room: roomName(room) }), label: gettext("Name of the new section") });
  (first ?? field).focus();
}

/** Opens the menu of one of the user's own sections, at its button. `open(url)` opens a page. */
export function openSectionMenu(sections, button, open) {
  [model, openPage] = [sections, open];
  menu ??= new ActionMenu("section-menu", (action, element) => {
    const section = model.own[indexOf(element.dataset.section)];
    if (section) actions[action](section);
  });
  const element = button.closest("section");
  const index = indexOf(element.dataset.section);
  const moves = [index > 0 && "up", index < model.own.length - 1 && "down"];
  menu.open(element, new Set([...moves, "rename", "all", "delete"]), button);
}

const actions = {
  up: (section) => reorder(section, -1),
  down: (section) => reorder(section, 1),
  rename,
  all: () => openPage("/sections/"),
  delete: confirmDeletion,
};

function indexOf(key) {
  return model.own.findIndex(({ id }) => ownKey(id) === key);
}

/** Moves the section `step` places down, or up if that is negative. The server counts from 1. */
async function reorder({ id, name }, step) {
  const position = indexOf(ownKey(id)) + 1 + step;
  const count = model.own.length;
  if (!(await attempt(() => post(`/sections/${id}/position/`, { position })))) return;
  notify(gettext("“%(name)s” is now section %(position)s of %(count)s.", { name, position, count }));
}

function rename({ id, name }) {
  choices.replaceChildren();
  choices.hidden = removal.hidden = true;
  save = () => post(`/sections/${id}/`, { name: field.value });
  open({ title: gettext("Rename section"), label: gettext("Name"), name });
  field.select();
}

async function confirmDeletion({ id, name }) {
  const isConfirmed = await confirmAction({
    title: gettext("Delete the section “%(name)s”?", { name }),
    text: gettext("You stay in its rooms and conversations. They’re listed under Rooms and Direct messages again."),
    action: gettext("Delete section"),
  });
  if (isConfirmed) await attempt(() => remove(`/sections/${id}/`));
}

function open({ title, label, name = "" }) {
  dialog.querySelector("h2").textContent = title;
  dialog.querySelector(".dialog__field span").textContent = label;
  field.value = name;
  showError("");
  dialog.showModal();
}

async function submit(change) {
  try {
    await change();
    dialog.close();
  } catch (error) {
    showError(error.message);
    if (error.status === 400) field.focus();
  }
}

function choice(value, name) {
  const label = document.createElement("label");
  const input = Object.assign(document.createElement("input"), { type: "radio", name: "section", value });
  const text = Object.assign(document.createElement("bdi"), { textContent: name });
  label.append(input, text);
  if (value === NEW) input.addEventListener("change", () => field.focus());
  return label;
}

function showError(text) {
  form.querySelector(".dialog__error").textContent = text;
}
