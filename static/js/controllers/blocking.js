/** Whom and what one does not want to hear: blocking and muting people, muting rooms. */

import { ask, notify } from "chatsite/elements/dialogs.js";
import { showPerson } from "chatsite/elements/person_card.js";
import { post, remove } from "chatsite/net/http.js";
import { roomName } from "chatsite/model/rooms.js";

const BLOCKING = "You won’t see their messages or whether they’re online, and you won’t be able to message each other. They won’t be notified.";

export class Quiet {
  #chat;
  #blocked;

  constructor(chat) {
    this.#chat = chat;
    this.#blocked = new Set(chat.page.blocked);
  }

  /** Whether this person is blocked. */
  isBlocked(person) {
    return this.#blocked.has(person?.id);
  }

  /** What one can write in the composer: "/block name". */
  get commands() {
    return {
      block: (name) => this.#obey("block", name, () => this.block(name)),
      unblock: (name) => this.#obey("unblock", name, () => this.block(name, false)),
      mute: (name) => this.#obey("mute", name, () => this.mute(name)),
      unmute: (name) => this.#obey("unmute", name, () => this.mute(name, false)),
    };
  }

  /** What the server says at each welcome: a block of another tab may have been missed. */
  compare(blocked) {
    const before = this.#blocked;
    this.#blocked = new Set(blocked);
    if (before.size !== this.#blocked.size || blocked.some((id) => !before.has(id))) this.#changed();
  }

  /** The card of a person who is on the page. */
  async person(person) {
    const { me, people, presence, rooms } = this.#chat;
    const chosen = await showPerson(people.get(person.id), {
      isMe: person.id === me.id,
      state: presence.stateOf(person.id),
      isMuted: rooms.muted.has(person.id),
    });
    if (chosen === "message") await this.#write(person);
    if (chosen === "mute" || chosen === "unmute") await this.mute(person.username, chosen === "mute");
    if (chosen === "block") await this.#confirmBlock(person);
  }

  async block(name, isBlocked = true) {
    const answer = await this.#change(addressOf(name, "block"), isBlocked);
    if (answer) notify(isBlocked ? `You’ve blocked ${answer.name}.` : `You’ve unblocked ${answer.name}.`);
  }

  async mute(name, isMuted = true) {
    const answer = await this.#change(addressOf(name, "mute"), isMuted);
    if (answer) notify(isMuted ? `You’ve muted ${answer.name}.` : `You’ve unmuted ${answer.name}.`);
  }

  async muteRoom(room) {
    const isMuted = !room.muted;
    if (await this.#change(`/rooms/${room.id}/mute/`, isMuted))
      notify(isMuted ? "Room muted." : "Room unmuted.");
  }

  /** The server says that this person is not to be seen any more, or again. */
  heard({ user, rooms, ...presence }, isBlocked) {
    const chat = this.#chat;
    this.#blocked[isBlocked ? "add" : "delete"](user);
    if (isBlocked) chat.typing.removePerson(user);
    chat.presence.change(isBlocked ? { offline: [user] } : presence);
    chat.takeRooms(rooms);
    this.#changed();
    chat.showFacts();
  }

  #changed() {
    this.#chat.composer.unquote((person) => this.isBlocked(person));
    this.#chat.conversations.reloadAll();
  }

  #obey(command, name, deed) {
    if (name.includes("\n")) return false;
    if (name) deed();
    else notify(`Who? Type /${command} followed by a username.`, "is-error");
  }

  async #write(person) {
    try {
      const { room } = await (await post(`/direct/${person.id}/`)).json();
      this.#chat.rooms.merge(room);
      await this.#chat.go({ room: room.id });
    } catch (error) {
      notify(error.message, "is-error");
    }
  }

  async #confirmBlock(person) {
    if (await ask({ title: `Block ${person.name}?`, text: BLOCKING, yes: "Block" })) await this.block(person.username);
  }

  async #change(address, isOn) {
    try {
      return await (await (isOn ? post : remove)(address)).json();
    } catch (error) {
      notify(error.status === 404 ? "No one found with that name." : error.message, "is-error");
      return null;
    }
  }
}

function addressOf(name, deed) {
  return `/people/${encodeURIComponent(name.replace(/^@/, ""))}/${deed}/`;
}
