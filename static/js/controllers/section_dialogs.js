/** Dialogs for moving rooms to the user's own sections, and for renaming and deleting these. */

import { ActionMenu } from "chatsite/elements/action_menu.js";
import { attempt, confirmAction } from "chatsite/elements/dialogs.js";
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

/** Opens the menu of one of the user's own sections, at its button. */
export function openSectionMenu(sections, button) {
  model = sections;
  menu ??= new ActionMenu("section-menu", (action, element) => {
    const section = model.own.find(({ id }) => ownKey(id) === element.dataset.section);
    if (section) ({ rename, delete: confirmDeletion })[action](section);
  });
  menu.open(button.closest("section"), new Set(["rename", "delete"]), button);
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
