/** Blocks and mutes users, mutes rooms, and shows a user's card with these actions. */

import { attempt, confirmAction } from "chatsite/elements/dialogs.js";
import { notify } from "chatsite/elements/notices.js";
import { toWellFormed } from "chatsite/format/well_formed.js";
import { gettext } from "chatsite/i18n.js";
import { getJson, post, remove } from "chatsite/net/http.js";
import { loadModule } from "chatsite/net/module_loader.js";

/** Emits "change" when the set of blocked users changes. */
export class Blocking extends EventTarget {
  #people;
  #rooms;
  #presence;
  #typing;
  #conversations;
  #composer;
  #openRoom;

  constructor({ people, rooms, presence, typing, conversations, composer, openRoom }) {
    super();
    this.#people = people;
    this.#rooms = rooms;
    this.#presence = presence;
    this.#typing = typing;
    this.#conversations = conversations;
    this.#composer = composer;
    this.#openRoom = openRoom;
  }

  /** Slash commands: "/block name". */
  get commands() {
    return {
      block: (name) => this.#runCommand("block", name, () => this.#block(name)),
      unblock: (name) => this.#runCommand("unblock", name, () => this.#block(name, false)),
      mute: (name) => this.#runCommand("mute", name, () => this.#mute(name)),
      unmute: (name) => this.#runCommand("unmute", name, () => this.#mute(name, false)),
    };
  }

  showPerson(person) {
    return attempt(() => this.#showPerson(person));
  }

  async #showPerson({ id, username }) {
    const { showPersonCard } = await loadModule("chatsite/elements/person_card.js");
    if (!this.#people.has(id)) await this.#findPerson(id, username);
    const person = this.#people.has(id) ? this.#people.get(id) : { ...this.#people.get(id), username, name: username };
    const isMe = id === this.#people.me.id;
    const { current, currentRoom } = this.#conversations;
    const chosen = await showPersonCard(person, {
      isMe,
      bansFrom: !isMe && current?.canModerate && current.room,
      state: this.#presence.stateOf(id),
      isMuted: this.#rooms.muted.has(id),
      isMessaged: currentRoom?.peer?.id === id,
    });
    if (chosen === "message") await this.openDirectRoom(id);
    if (chosen === "mute" || chosen === "unmute") await this.#mute(username, chosen === "mute");
    if (chosen === "block") await this.#confirmBlock(person);
  }

  /** Fetches a person who was mentioned and hasn't posted anything that this page has loaded. */
  async #findPerson(id, username) {
    const { people } = await getJson(`/people/search/?q=${encodeURIComponent(username)}`);
    this.#people.upsert(people.find((person) => person.id === id));
  }

  /** Opens the direct room with this person, and creates it first if there is none. */
  async openDirectRoom(id) {
    const { openings } = this.#conversations;
    try {
      const { room } = await (await post(`/direct/${id}/`)).json();
      this.#rooms.merge(room);
      if (openings === this.#conversations.openings) await this.#openRoom({ room: room.id });
    } catch (error) {
      notify(error.message, "is-error");
    }
  }

  async muteRoom(room) {
    const isMuted = !room.muted;
    if (await this.#change(`/rooms/${room.id}/mute/`, isMuted)) notify(isMuted ? gettext("Room muted.") : gettext("Room unmuted."));
  }

  /** Applies the server's complete list, as blocks made in another tab may have been missed. */
  replaceBlocked(ids) {
    const before = this.#people.blocked;
    this.#people.blocked = new Set(ids);
    if (before.size !== ids.length || ids.some((id) => !before.has(id))) this.#update();
  }

  /** Applies the server's event that this user has blocked or unblocked someone. */
  applyEvent({ user, rooms, ...presence }, isBlocked) {
    this.#people.blocked[isBlocked ? "add" : "delete"](user);
    if (isBlocked) this.#typing.removePerson(user);
    this.#presence.change(isBlocked ? { offline: [user] } : presence);
    this.#conversations.replaceRooms(rooms);
    this.#update();
  }

  #update() {
    this.#composer.removeQuoteOf((person) => this.#people.isBlocked(person));
    this.#conversations.reloadAll();
    this.dispatchEvent(new Event("change"));
  }

  /** Returns false if the text is a message rather than a command. */
  #runCommand(command, name, action) {
    if (name.includes("\n")) return false;
    if (name) action();
    else notify(gettext("Who? Type /%(command)s followed by a username.", { command }), "is-error");
  }

  async #block(username, isBlocked = true) {
    const person = await this.#change(personPath(username, "block"), isBlocked);
    if (!person) return;
    const { name } = person;
    notify(isBlocked ? gettext("You’ve blocked %(name)s.", { name }) : gettext("You’ve unblocked %(name)s.", { name }));
  }

  async #mute(username, isMuted = true) {
    const person = await this.#change(personPath(username, "mute"), isMuted);
    if (!person) return;
    const { name } = person;
    notify(isMuted ? gettext("You’ve muted %(name)s.", { name }) : gettext("You’ve unmuted %(name)s.", { name }));
  }

  async #confirmBlock({ username, name }) {
    const isConfirmed = await confirmAction({
      title: gettext("Block %(name)s?", { name }),
      text: gettext(
        "You won’t see their messages or whether they’re online, and you won’t be able to message each other. They won’t be notified.",
      ),
      action: gettext("Block"),
    });
    if (isConfirmed) await this.#block(username);
  }

  /** Returns the server's response, or shows an error and returns null. */
  async #change(url, isOn) {
    try {
      return await (await (isOn ? post : remove)(url)).json();
    } catch (error) {
      notify(error.status === 404 ? gettext("No one found with that name.") : error.message, "is-error");
      return null;
    }
  }
}

function personPath(username, action) {
  return `/people/${encodeURIComponent(toWellFormed(username.replace(/^@/, "")))}/${action}/`;
}
