/** The menu of a room in the sidebar, opened by its button, a right click, Shift+F10 or a long press. */

import { ActionMenu } from "chatsite/elements/action_menu.js";
import { copyText } from "chatsite/elements/clipboard.js";
import { attempt } from "chatsite/elements/dialogs.js";
import { notify } from "chatsite/elements/notices.js";
import { roomPath } from "chatsite/format/paths.js";
import { gettext } from "chatsite/i18n.js";
import { isConversation, mentionCount } from "chatsite/model/rooms.js";
import { post, remove } from "chatsite/net/http.js";
import { loadModule } from "chatsite/net/module_loader.js";

/**
 * Also opens the menus of the user's own `sections`. `run`: {read(room), mute(room), leave(room), open(url), closed(room)} are the
 * actions that concern more than the server.
 */
export function watchRoomRowMenu({ sidebar, rooms, sections, run }) {
  const organize = async (name, ...args) => {
    await attempt(async () => (await loadModule("chatsite/controllers/section_dialogs.js"))[name](sections, ...args));
  };
  const menu = new ActionMenu("room-row-menu", (action, row) => {
    if (action === "section") organize("moveToSection", rooms.get(row.roomId));
    else act(action, rooms.get(row.roomId), run);
  });
  const open = (row, place) => menu.open(row, allowedOn(rooms.get(row.roomId)), place);
  sidebar.addEventListener("contextmenu", (event) => {
    const row = event.target.closest(".rooms__rows > li");
    if (!row || event.shiftKey) return;
    event.preventDefault();
    if (event.pointerType === "touch") open(row, null);
    else open(row, event.pointerType === "mouse" ? { x: event.clientX, y: event.clientY } : row);
  });
  sidebar.addEventListener("click", ({ target }) => {
    const button = target.closest(".row__more");
    if (button) open(button.closest("li"), button);
    const more = target.closest(".rooms__more");
    if (more) organize("openSectionMenu", more, run.open);
  });
}

/** Returns the Set of actions that are offered for a room. */
function allowedOn(room) {
  const isPersonal = isConversation(room);
  const isMember = Boolean(room.role) || isPersonal;
  const offered = {
    read: isMember && (room.unread > 0 || mentionCount(room) > 0 || room.is_new),
    favorite: isMember && !room.is_favorite,
    unfavorite: isMember && room.is_favorite,
    section: isMember,
    notifications: isMember,
    mute: isMember && !room.muted,
    unmute: isMember && room.muted,
    link: true,
    members: !isPersonal,
    settings: !isPersonal,
    convert: room.kind === "group",
    close: isPersonal,
    leave: isMember && !isPersonal,
  };
  return new Set(Object.keys(offered).filter((action) => offered[action]));
}

async function act(action, room, run) {
  const path = roomPath(room.id);
  if (action === "read") run.read(room);
  if (action === "favorite") await attempt(() => post(`${path}favorite/`));
  if (action === "unfavorite") await attempt(() => remove(`${path}favorite/`));
  if (action === "mute" || action === "unmute") run.mute(room);
  if (action === "link") await copyLink(path);
  if (["members", "notifications", "settings"].includes(action)) run.open(`${path}${action}/`);
  if (action === "convert") run.open(`${path}conversion/`);
  if (action === "close" && (await attempt(() => post(`${path}closure/`)))) run.closed(room);
  if (action === "leave") run.leave(room);
}

async function copyLink(path) {
  const isCopied = await attempt(() => copyText(location.origin + path));
  if (isCopied) notify(gettext("Link copied"));
}
