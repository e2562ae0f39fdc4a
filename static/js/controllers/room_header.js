/** The room's header: its name, its topic, and a menu of this user's actions on the room. */

import { attempt, confirmAction } from "chatsite/elements/dialogs.js";
import { searchPath } from "chatsite/format/paths.js";
import { gettext, ngettext, pgettext } from "chatsite/i18n.js";
import { presenceLabel, statusText } from "chatsite/model/presence.js";
import { isConversation, peopleIn, roomName } from "chatsite/model/rooms.js";
import { post, remove } from "chatsite/net/http.js";

export class RoomHeader {
  #element = document.querySelector(".room__head");
  #conversations;
  #rooms;
  #presence;

  /** `muteRoom(room)` mutes or unmutes the room, `showPerson(person)` opens a card, and `closed(room)` is called for a conversation. */
  constructor({ conversations, rooms, presence, muteRoom, showPerson, closed }) {
    this.#conversations = conversations;
    this.#rooms = rooms;
    this.#presence = presence;
    document.getElementById("room-menu").addEventListener("click", ({ target }) => {
      const action = target.closest("[data-action]")?.dataset.action;
      if (action === "clear") this.#clear();
      if (action === "leave") this.leave(conversations.currentRoom);
      if (action === "mute") muteRoom(conversations.currentRoom);
      if (action === "person") showPerson(conversations.currentRoom.peer);
      if (action === "close") this.#close(conversations.currentRoom, closed);
    });
  }

  draw() {
    const find = (selector) => this.#element.querySelector(selector);
    const { currentRoom: room } = this.#conversations;
    for (const icon of this.#element.querySelectorAll("[data-kind]")) icon.toggleAttribute("hidden", icon.dataset.kind !== room?.kind);
    this.#drawName(find(".room__name"), room);
    find(".room__topic").textContent = room ? this.#topic(room) : "";
    find(".room__topic").classList.toggle("is-count", room?.kind === "group");
    find(".room__tools").hidden = !room;
    find(".room__badge").hidden = !this.#rooms.hasUnreadElsewhere(room?.id);
    if (room) this.#drawMenu(room);
    if (room) find("[data-search]").href = searchPath(room);
  }

  /** The names of a group may not fit, and are also its tooltip. */
  #drawName(element, room) {
    element.textContent = room ? roomName(room) : gettext("No rooms yet");
    if (room?.kind === "group") element.title = roomName(room);
    else element.removeAttribute("title");
  }

  #topic(room) {
    if (room.archived_at) return gettext("Archived");
    if (room.kind === "group") return ngettext("%(count)s person", "%(count)s people", peopleIn(room).length + 1);
    if (room.kind !== "direct" || !room.peer) return room.topic ?? "";
    const label = presenceLabel(this.#presence.stateOf(room.peer.id));
    return [label[0].toUpperCase() + label.slice(1), statusText(room.peer)].filter(Boolean).join(" · ");
  }

  #drawMenu(room) {
    const { isMember } = this.#conversations.current;
    const isPersonal = isConversation(room);
    const isOffered = {
      all: true,
      member: isMember,
      room: !isPersonal && isMember,
      direct: Boolean(room.peer),
      group: room.kind === "group",
      conversation: isPersonal,
      moderator: !isPersonal && (room.role === "owner" || room.role === "moderator"),
    };
    this.#element.querySelector("[data-mute]").textContent = room.muted ? gettext("Unmute") : gettext("Mute");
    this.#element.querySelector("[data-notification-level]").textContent = levelLabel(room.notification_level);
    for (const item of this.#element.querySelectorAll("[data-for]")) item.hidden = !isOffered[item.dataset.for];
    for (const link of this.#element.querySelectorAll("[data-room-link]")) link.href = `/rooms/${room.id}/${link.dataset.roomLink}`;
  }

  async #clear() {
    const { current, currentRoom } = this.#conversations;
    const isConfirmed = await confirmAction({
      title: gettext("Clear history for me?"),
      text: gettext("All messages so far in %(room)s will be hidden for you. Nothing changes for anyone else.", {
        room: roomName(currentRoom),
      }),
      action: gettext("Clear history"),
    });
    if (isConfirmed && (await attempt(() => remove(`/rooms/${current.room}/history/`)))) await this.#conversations.reload(current);
  }

  async #close(room, closed) {
    if (await attempt(() => post(`/rooms/${room.id}/closure/`))) closed(room);
  }

  async leave(room) {
    const isConfirmed = await confirmAction({
      title: gettext("Leave %(room)s?", { room: roomName(room) }),
      text: room.kind === "private" ? gettext("You’ll need an invite to rejoin.") : gettext("You can rejoin at any time."),
      action: gettext("Leave"),
    });
    if (isConfirmed) await attempt(() => remove(`/rooms/${room.id}/membership/`));
  }
}

function levelLabel(level) {
  const labels = {
    all: gettext("Every message"),
    mentions: gettext("Mentions and replies to you"),
    nothing: gettext("Nothing"),
  };
  return labels[level] ?? pgettext("notifications", "Default");
}
