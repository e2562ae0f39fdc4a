/** Shows who reacted to a message, in a tooltip for one reaction or in a dialog. Loaded on first use. */

import { drawAvatar } from "chatsite/elements/avatar.js";
import { placeBeside } from "chatsite/elements/placement.js";
import { formatList, formatNumber, gettext, ngettext } from "chatsite/i18n.js";
import { getJson } from "chatsite/net/http.js";

const NAMES = 8; // in a tooltip

const tooltip = createTooltip();
let latest = {}; // the newest request, {key, request}
let described = null; // the button with the tooltip

/** Shows who reacted with a button's emoji, in a tooltip, unless the pointer or the focus has moved on in the meantime. */
export async function showNames(button, message, { me, isStillThere }) {
  const reactions = await fetchPeople(message).catch(() => []);
  const reaction = reactions.find(({ emoji }) => emoji === button.dataset.emoji);
  if (!reaction || !button.isConnected || !isStillThere()) return;
  tooltip.textContent = namesText(reaction, me);
  if (!tooltip.isConnected) document.body.append(tooltip);
  tooltip.showPopover();
  const { left, right, bottom } = button.getBoundingClientRect();
  placeBeside(tooltip, { x: getComputedStyle(button).direction === "rtl" ? right : left, y: bottom });
  described = button;
  described.setAttribute("aria-describedby", tooltip.id);
}

export function hideNames() {
  described?.removeAttribute("aria-describedby");
  described = null;
  if (tooltip.isConnected) tooltip.hidePopover();
}

/** Opens the dialog with everyone who reacted. Resolves with the person who is chosen, or null. */
export async function showReactions(message) {
  const dialog = document.getElementById("reactions");
  const list = dialog.querySelector(".reactors");
  list.replaceChildren(gettext("Loading…"));
  let chosen = null;
  list.onclick = ({ target }) => {
    const row = target.closest(".reactors__person");
    if (row) dialog.close();
    chosen = row?.person ?? null;
  };
  dialog.showModal();
  try {
    const reactions = await fetchPeople(message);
    list.replaceChildren(...reactions.map((reaction) => createSection(message, reaction)));
    if (!reactions.length) list.textContent = gettext("Nobody has reacted yet.");
  } catch (error) {
    list.textContent = error.message;
  }
  await new Promise((resolve) => dialog.addEventListener("close", resolve, { once: true }));
  return chosen;
}

/** Requests the people, unless it has just done so for this state of the message. */
function fetchPeople({ id, version }) {
  const key = `${id} ${version}`;
  if (latest.key !== key) {
    const request = getJson(`/messages/${id}/reactions/`).then(({ reactions }) => reactions);
    latest = { key, request };
    request.catch(() => (latest = {}));
  }
  return latest.request;
}

function namesText({ emoji, count, people }, me) {
  const isMine = people.some(({ id }) => id === me);
  const others = people.filter(({ id }) => id !== me).map(({ name }) => name);
  const names = [...(isMine ? [gettext("You")] : []), ...others].slice(0, NAMES);
  const left = count - names.length;
  const more = left > 0 ? [ngettext("%(count)s other", "%(count)s others", left)] : [];
  return `${emoji} ${formatList([...names, ...more])}`;
}

function createSection(message, { emoji, count, people, next }) {
  const section = document.createElement("section");
  const title = document.createElement("h3");
  title.append(emoji, " ", Object.assign(document.createElement("small"), { textContent: formatNumber(count) }));
  const list = document.createElement("ul");
  section.append(title, list);
  addPeople(list, people);
  if (next !== null) section.append(createMoreButton(list, message, emoji, next));
  return section;
}

function addPeople(list, people) {
  for (const person of people) {
    const row = Object.assign(document.createElement("button"), { type: "button", className: "reactors__person", person });
    const face = Object.assign(document.createElement("span"), { className: "avatar is-small", ariaHidden: "true" });
    drawAvatar(face, person);
    row.append(face, Object.assign(document.createElement("bdi"), { textContent: person.name }));
    const item = document.createElement("li");
    item.append(row);
    list.append(item);
  }
}

function createMoreButton(list, { id }, emoji, next) {
  const button = Object.assign(document.createElement("button"), { type: "button", className: "plain", textContent: gettext("Show more") });
  let offset = next;
  button.addEventListener("click", async () => {
    button.disabled = true;
    try {
      const page = await getJson(`/messages/${id}/reactions/?${new URLSearchParams({ emoji, offset })}`);
      addPeople(list, page.people);
      offset = page.next;
      if (offset === null) button.remove();
    } catch (error) {
      button.textContent = error.message;
    }
    button.disabled = false;
  });
  return button;
}

function createTooltip() {
  return Object.assign(document.createElement("div"), { id: "reaction-names", className: "reaction-names", role: "tooltip", popover: "manual" });
}
