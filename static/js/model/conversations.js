/** The open conversation and a cache of recent ones. Opens and pages them, and applies live events to all of them. */

import { getJson } from "chatsite/net/http.js";
import { Timeline } from "chatsite/model/timeline.js";

const CACHE_SIZE = 8;
const MAX_MESSAGES = 400;

/**
 * A conversation is {room, timeline, isMember, canPost, canModerate, canPin, around}, where `room` is the id.
 * Dispatches "opened", "change" ({room}) and "messages" ({messages}: all messages from the server, for any room).
 */
export class Conversations extends EventTarget {
  #cache = new Map();
  #socket;
  #rooms;
  #me;
  #prepare;
  #isLoadingPage = false;
  #lastOpening = 0;
  current = null;

  /** `prepare(messages)` resolves when the code that draws them is loaded. */
  constructor({ socket, rooms, me, prepare }) {
    super();
    this.#socket = socket;
    this.#rooms = rooms;
    this.#me = me;
    this.#prepare = prepare;
  }

  /** Opens a room from the cache if that is up to date, otherwise from the server. */
  async open(id, { around = null, fresh = false } = {}) {
    const opening = ++this.#lastOpening;
    const cached = this.#cache.get(id);
    const isUsable = cached && !fresh && !around && !cached.timeline.hasNewer && this.#socket.state === "live";
    const path = `/rooms/${id}/conversation/${around ? `?around=${around}` : ""}`;
    const conversation = isUsable ? cached : this.add(await this.#fetch(path));
    if (opening === this.#lastOpening) this.select(conversation);
  }

  /** Adds a conversation from the server's response to the cache. */
  add(response) {
    const timeline = new Timeline();
    timeline.load(response);
    const room = this.#rooms.merge(response.room);
    const conversation = {
      room: room.id,
      timeline,
      isMember: response.is_member,
      canPost: response.can_post,
      canModerate: response.can_moderate,
      canPin: response.can_pin,
      around: response.around,
    };
    this.#keep(conversation);
    this.#received(response.messages);
    if ((room.version ?? 0) > timeline.version) this.#sync([conversation]);
    return conversation;
  }

  /** Makes this the open conversation. */
  select(conversation) {
    const room = this.#rooms.get(conversation.room);
    const previous = this.current;
    // A room that was only previewed is removed from the list.
    if (previous && !previous.isMember && previous.room !== room.id) this.#rooms.remove(previous.room);
    this.current = conversation;
    conversation.timeline.newAfter = room.unread ? this.#dividerOf(room, conversation.timeline) : null;
    this.#keep(conversation);
    this.dispatchEvent(new Event("opened"));
  }

  get(id) {
    return this.#cache.get(id);
  }

  discard(id) {
    this.#cache.delete(id);
  }

  /** The room of the open conversation, or undefined if there is none or its room is no longer in the list. */
  get currentRoom() {
    return this.current ? this.#rooms.get(this.current.room) : undefined;
  }

  /** Replaces the list of rooms with the server's, which doesn't include a room that is only previewed. */
  replaceRooms(rooms) {
    const open = this.currentRoom;
    this.#rooms.replace(rooms);
    if (open && !this.current.isMember) this.#rooms.merge(open);
  }

  /** Closes the open conversation without opening another one. */
  close() {
    this.current = null;
    this.dispatchEvent(new Event("opened"));
  }

  async loadOlder() {
    const { timeline } = this.current;
    if (timeline.hasOlder && timeline.first) await this.#loadPage(`before=${timeline.first.seq}`, (page) => timeline.prepend(page));
    if (timeline.messages.length > MAX_MESSAGES) timeline.dropNewer(MAX_MESSAGES);
  }

  async loadNewer() {
    const { timeline } = this.current;
    if (timeline.hasNewer && timeline.last) await this.#loadPage(`after=${timeline.last.seq}`, (page) => timeline.append(page));
    if (timeline.messages.length > MAX_MESSAGES) timeline.dropOlder(MAX_MESSAGES);
  }

  /** Applies a live event that has a room version. */
  applyEvent(event) {
    const conversation = this.#cache.get(event.room);
    const room = this.#rooms.get(event.room);
    if (room) room.version = Math.max(room.version ?? 0, event.version);
    if (event.message) this.#received([event.message]);
    if (!conversation) {
      if (event.more) this.#socket.send("sync", { rooms: { [event.room]: event.version } }).catch(() => {});
      return;
    }
    if (event.type === "room.changes") this.#applyChanges(conversation, event);
    else this.#applyChange(conversation, event);
  }

  /** Updates a person's name and avatar on their messages. */
  updatePerson(person) {
    for (const conversation of this.#cache.values()) if (conversation.timeline.updatePerson(person)) this.#changed(conversation);
  }

  /** Requests the changes that cached conversations have missed. Resolves when all of them are applied. */
  syncAll() {
    const isBehind = ({ room, timeline }) => this.#rooms.get(room)?.version > timeline.version;
    return this.#sync([...this.#cache.values()].filter(isBehind));
  }

  /** Reloads the conversation, either now if it is open, or when it is next opened. */
  reload(conversation) {
    if (conversation === this.current) return this.open(conversation.room, { fresh: true }).catch(() => {});
    this.discard(conversation.room);
  }

  /** Reloads all conversations, because the set of users whose messages are visible has changed. */
  reloadAll() {
    for (const conversation of [...this.#cache.values()]) this.reload(conversation);
  }

  /** Returns the `seq` before the first unread message from another user. */
  #dividerOf({ last_read_seq: read }, { messages, first, hasOlder }) {
    if (hasOlder && first?.seq > read + 1) return read;
    const unread = messages.find(({ seq, sender }) => seq > read && sender.id !== this.#me);
    return unread ? unread.seq - 1 : null;
  }

  #applyChange(conversation, { version, message }) {
    const { timeline } = conversation;
    if (timeline.advance(version) === "gap") this.#sync([conversation]);
    if (message && timeline.merge(message)) this.#changed(conversation);
    if (conversation !== this.current) timeline.dropOlder(MAX_MESSAGES / 4);
  }

  #applyChanges(conversation, event) {
    if (event.reset) return this.reload(conversation);
    this.#received(event.messages);
    conversation.timeline.applyChanges(event);
    if (event.more) this.#sync([conversation]);
    this.#changed(conversation);
  }

  async #sync(conversations) {
    const rooms = Object.fromEntries(conversations.map(({ room, timeline }) => [room, timeline.version]));
    if (conversations.length) await this.#socket.send("sync", { rooms }).catch(() => {});
  }

  /** Loads one page at a time. */
  async #loadPage(query, add) {
    if (this.#isLoadingPage) return;
    const conversation = this.current;
    this.#isLoadingPage = true;
    try {
      const page = await this.#fetch(`/rooms/${conversation.room}/messages/?${query}`);
      if (add(page)) this.#sync([conversation]);
      this.#received(page.messages);
      this.#changed(conversation);
    } finally {
      this.#isLoadingPage = false;
    }
  }

  async #fetch(path) {
    const response = await getJson(path);
    await this.#prepare(response.messages);
    return response;
  }

  /** Makes this the most recent conversation in the cache, and drops the least recent one. */
  #keep(conversation) {
    this.#cache.delete(conversation.room);
    this.#cache.set(conversation.room, conversation);
    for (const id of this.#cache.keys()) {
      if (this.#cache.size <= CACHE_SIZE) break;
      if (id !== this.current?.room) this.#cache.delete(id);
    }
  }

  #changed({ room }) {
    this.dispatchEvent(new CustomEvent("change", { detail: { room } }));
  }

  #received(messages) {
    this.dispatchEvent(new CustomEvent("messages", { detail: { messages } }));
  }
}
