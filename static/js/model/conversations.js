/** The rooms whose messages this page holds: opening one, paging through it, and keeping all of them caught up. */

import { getJson } from "chatsite/net/http.js";
import { Timeline } from "chatsite/model/timeline.js";

const HELD = 8;
const ROWS = 400;

/**
 * A conversation: {room, timeline, isMember, canPost, canModerate, canPin, around}. `room` is the id.
 * Tells by events: "opened", "change" ({room}) and "messages" ({messages}: whatever came in, from anywhere).
 */
export class Conversations extends EventTarget {
  #held = new Map();
  #socket;
  #rooms;
  #me;
  #prepare;
  #paging = false;
  #opening = 0;
  current = null;

  /** `prepare(messages)` fetches what drawing them takes. */
  constructor({ socket, rooms, me, prepare }) {
    super();
    this.#socket = socket;
    this.#rooms = rooms;
    this.#me = me;
    this.#prepare = prepare;
  }

  /** Shows a room: from what is held when that is current, otherwise from the server. */
  async open(id, { around = null, fresh = false } = {}) {
    const turn = ++this.#opening;
    const held = this.#held.get(id);
    const usable = held && !fresh && !around && !held.timeline.hasNewer && this.#socket.state === "live";
    const conversation = usable ? held : this.add(await this.#fetch(this.#url(id, around)));
    if (turn === this.#opening) this.select(conversation);
  }

  /** Takes the server's conversation object as held. */
  add(answer) {
    const timeline = new Timeline();
    timeline.load(answer);
    const room = this.#rooms.merge(answer.room);
    const conversation = {
      room: room.id,
      timeline,
      isMember: answer.is_member,
      canPost: answer.can_post,
      canModerate: answer.can_moderate,
      canPin: answer.can_pin,
      around: answer.around,
    };
    this.#hold(conversation);
    this.#met(answer.messages);
    if ((room.version ?? 0) > timeline.version) this.#sync([conversation]);
    return conversation;
  }

  select(conversation) {
    const room = this.#rooms.get(conversation.room);
    const before = this.current;
    // A room that was only looked at from outside does not stay in the list.
    if (before && !before.isMember && before.room !== room.id) this.#rooms.remove(before.room);
    this.current = conversation;
    conversation.timeline.newAfter = room.unread ? this.#lastKnown(room, conversation.timeline) : null;
    this.#hold(conversation);
    this.dispatchEvent(new Event("opened"));
  }

  get(id) {
    return this.#held.get(id);
  }

  discard(id) {
    this.#held.delete(id);
  }

  /** The room of the open conversation; undefined without one, or once the room is gone from the list. */
  get currentRoom() {
    return this.current ? this.#rooms.get(this.current.room) : undefined;
  }

  /** Replaces the list of rooms with the server's, which a room that is only previewed isn't in. */
  replaceRooms(rooms) {
    const open = this.currentRoom;
    this.#rooms.replace(rooms);
    if (open && !this.current.isMember) this.#rooms.merge(open);
  }

  close() {
    this.current = null;
    this.dispatchEvent(new Event("opened"));
  }

  async loadOlder() {
    const { timeline } = this.current;
    if (timeline.hasOlder && timeline.first) await this.#page(`before=${timeline.first.seq}`, (page) => timeline.prepend(page));
    if (timeline.messages.length > ROWS) timeline.dropNewer(ROWS);
  }

  async loadNewer() {
    const { timeline } = this.current;
    if (timeline.hasNewer && timeline.last) await this.#page(`after=${timeline.last.seq}`, (page) => timeline.append(page));
    if (timeline.messages.length > ROWS) timeline.dropOlder(ROWS);
  }

  /** A live event that belongs to one room's numbered changes. */
  applyEvent(event) {
    const conversation = this.#held.get(event.room);
    const room = this.#rooms.get(event.room);
    if (room) room.version = Math.max(room.version ?? 0, event.version);
    if (event.message) this.#met([event.message]);
    if (!conversation) return;
    if (event.type === "room.changes") this.#caughtUp(conversation, event);
    else this.#counted(conversation, event);
  }

  /** Somebody has another name or picture: also on what they wrote. */
  updatePerson(person) {
    for (const conversation of this.#held.values()) if (conversation.timeline.updatePerson(person)) this.#changed(conversation);
  }

  /** Asks for what happened in the held rooms since they were last heard of; resolves when it is all here. */
  syncAll() {
    const isBehind = ({ room, timeline }) => this.#rooms.get(room)?.version > timeline.version;
    return this.#sync([...this.#held.values()].filter(isBehind));
  }

  /** The number after which others have said something new; one's own words are not news. */
  #lastKnown({ last_read_seq: read }, { messages, first, hasOlder }) {
    if (hasOlder && first?.seq > read + 1) return read;
    const fresh = messages.find(({ seq, sender }) => seq > read && sender.id !== this.#me);
    return fresh ? fresh.seq - 1 : null;
  }

  #counted(conversation, { version, message }) {
    const { timeline } = conversation;
    if (timeline.advance(version) === "gap") this.#sync([conversation]);
    if (message && timeline.merge(message)) this.#changed(conversation);
    if (conversation !== this.current) timeline.dropOlder(ROWS / 4);
  }

  #caughtUp(conversation, event) {
    if (event.reset) return this.reload(conversation);
    this.#met(event.messages);
    conversation.timeline.applyChanges(event);
    if (event.more) this.#sync([conversation]);
    this.#changed(conversation);
  }

  /** What is held can no longer be mended: fetch it anew, at once or when it is next looked at. */
  reload(conversation) {
    if (conversation === this.current) return this.open(conversation.room, { fresh: true }).catch(() => {});
    this.discard(conversation.room);
  }

  /** Who is seen has changed: what is open is fetched anew at once, the rest when it is looked at. */
  reloadAll() {
    for (const conversation of [...this.#held.values()]) this.reload(conversation);
  }

  async #sync(conversations) {
    const rooms = Object.fromEntries(conversations.map(({ room, timeline }) => [room, timeline.version]));
    if (conversations.length) await this.#socket.send("sync", { rooms }).catch(() => {});
  }

  /** One page at a time; the answer counts only while the room is still the one that is looked at. */
  async #page(query, add) {
    if (this.#paging) return;
    const conversation = this.current;
    this.#paging = true;
    try {
      const page = await this.#fetch(`/rooms/${conversation.room}/messages/?${query}`);
      if (add(page)) this.#sync([conversation]);
      this.#met(page.messages);
      this.#changed(conversation);
    } finally {
      this.#paging = false;
    }
  }

  async #fetch(url) {
    const answer = await getJson(url);
    await this.#prepare(answer.messages);
    return answer;
  }

  #hold(conversation) {
    this.#held.delete(conversation.room);
    this.#held.set(conversation.room, conversation);
    for (const id of this.#held.keys()) {
      if (this.#held.size <= HELD) break;
      if (id !== this.current?.room) this.#held.delete(id);
    }
  }

  #url(id, around) {
    return `/rooms/${id}/conversation/${around ? `?around=${around}` : ""}`;
  }

  #changed({ room }) {
    this.dispatchEvent(new CustomEvent("change", { detail: { room } }));
  }

  #met(messages) {
    this.dispatchEvent(new CustomEvent("messages", { detail: { messages } }));
  }
}
