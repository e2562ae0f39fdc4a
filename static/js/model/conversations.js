/** The open conversation and a cache of recent ones. Opens and pages them, and applies live events to all of them. */

import { isBehind, isRewritten, missesEvents, RoomSync } from "chatsite/model/room_sync.js";
import { Timeline } from "chatsite/model/timeline.js";
import { backoff } from "chatsite/net/backoff.js";
import { getJson } from "chatsite/net/http.js";

const CACHE_SIZE = 20;
// A log with more messages becomes slow. At the end of a busy room, some are dropped at once rather than one by one.
const MAX_MESSAGES = 200;
const KEPT_MESSAGES = 150;
const CACHED_MESSAGES = 60; // of each conversation that isn't open
const PREFETCH_LIFETIME = 2000; // in milliseconds; live events bring what is posted in the meantime
const REFUSED = new Set([403, 404]);

/**
 * A conversation is {room, timeline, isMember, canPost, canModerate, canPin, around, isLoadingPage}, where `room` is the id.
 * Dispatches "opened", "change" ({room}) and "messages" ({messages, saved}: all messages from the server, for any
 * room, and with pages of messages, the ids of those that the user saved).
 */
export class Conversations extends EventTarget {
  #cache = new Map();
  #socket;
  #rooms;
  #me;
  #prepare;
  #getJson;
  #delay;
  #roomSync;
  #lastOpening = 0;
  #prefetched = new Map();
  current = null;

  /** `prepare(messages)` resolves when the code that draws them is loaded. */
  constructor({ socket, rooms, me, prepare, fetch = getJson, delay = wait }) {
    super();
    this.#socket = socket;
    this.#rooms = rooms;
    this.#me = me;
    this.#prepare = prepare;
    this.#getJson = fetch;
    this.#delay = delay;
    this.#roomSync = new RoomSync({ socket, delay });
  }

  /**
   * Opens a room from the cache if that is up to date or there is no connection, otherwise from the server: at message number
   * `around`, at the newest one if `latest`, or at the first unread one. Resolves with whether it is now open. It isn't if another
   * one was opened in the meantime; errors are then ignored.
   */
  async open(id, { around = null, latest = false } = {}) {
    const opening = ++this.#lastOpening;
    const cached = this.#cache.get(id);
    const isUsable = cached && !latest && !around && this.#isUsable(cached);
    try {
      const conversation = isUsable ? cached : this.add(await this.#fetchOnce(pathOf(id, { around, latest })));
      if (opening === this.#lastOpening) this.select(conversation, { atEnd: latest });
    } catch (error) {
      if (opening === this.#lastOpening) throw error;
    }
    return opening === this.#lastOpening;
  }

  /** Requests a room that will probably be opened in a moment. */
  prefetch(id) {
    const cached = this.#cache.get(id);
    if (this.#socket.state !== "live" || this.#prefetched.size || (cached && this.#isUsable(cached))) return;
    const path = pathOf(id, {});
    const request = this.#fetch(path);
    this.#prefetched.set(path, request);
    request.catch(() => {}).then(() => this.#delay(PREFETCH_LIFETIME)).then(() => this.#prefetched.delete(path));
  }

  /** Adds a conversation from the server's response to the cache. */
  add(response) {
    const timeline = new Timeline();
    timeline.load(response);
    const { version = 0, last_event: lastEvent = 0 } = this.#rooms.get(response.room.id) ?? {}; // events may have arrived before
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
    this.#received(response.messages, response.saved);
    conversation.missesEvents = lastEvent > timeline.lastEvent;
    if (Math.max(version, room.version ?? 0) > timeline.version || conversation.missesEvents) this.#sync([conversation]);
    return conversation;
  }

  /** Makes this the open conversation: at its end, or at the first unread message, which is then marked by a line. */
  select(conversation, { atEnd = false } = {}) {
    const room = this.#rooms.get(conversation.room);
    const previous = this.current;
    if (previous && !previous.isMember && previous.room !== room.id) this.#forgetPreview(previous);
    if (previous?.room !== room.id) previous?.timeline.dropOlder(CACHED_MESSAGES);
    this.current = conversation;
    conversation.timeline.newAfter = room.unread && !atEnd ? this.#dividerOf(room, conversation.timeline) : null;
    this.#keep(conversation);
    this.dispatchEvent(new Event("opened"));
  }

  get(id) {
    return this.#cache.get(id);
  }

  /** All conversations in the cache. */
  get all() {
    return [...this.#cache.values()];
  }

  /** The number of attempts to open a room, for detecting that the user has opened another one in the meantime. */
  get openings() {
    return this.#lastOpening;
  }

  discard(id) {
    this.#prefetched.clear();
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
    timeline.dropNewer(MAX_MESSAGES);
  }

  async loadNewer() {
    const { timeline } = this.current;
    if (timeline.hasNewer && timeline.last) await this.#loadPage(`after=${timeline.last.seq}`, (page) => timeline.append(page));
    timeline.dropOlder(MAX_MESSAGES);
  }

  /** Drops messages of the open conversation if there are too many: the oldest, if its end is in view, or the newest. */
  trim({ isAtEnd }) {
    const { timeline } = this.current;
    if (timeline.messages.length <= MAX_MESSAGES) return;
    if (isAtEnd) timeline.dropOlder(KEPT_MESSAGES);
    else timeline.dropNewer(MAX_MESSAGES);
  }

  /** Applies a live event that has a room version. */
  applyEvent(event) {
    const conversation = this.#cache.get(event.room);
    const room = this.#rooms.get(event.room);
    if (room) room.version = event.reset ? event.version : Math.max(room.version ?? 0, event.version);
    if (event.message) this.#received([event.message]);
    if (!conversation) {
      if (event.more) this.#socket.send("sync", { rooms: { [event.room]: event.version } }).catch(() => {});
      return;
    }
    if (event.type === "room.changes") this.#applyChanges(conversation, event);
    else this.#applyChange(conversation, event);
  }

  /** Applies a "room.event" event (see `Timeline.addEvents`). */
  addEvents({ room: id, events, removed }) {
    const conversation = this.#cache.get(id);
    const room = this.#rooms.get(id);
    const last = Math.max(room?.last_event ?? 0, ...events.map((event) => event.id));
    if (room) room.last_event = last;
    if (!conversation) return;
    conversation.timeline.addEvents(events, removed);
    if (!conversation.missesEvents) conversation.timeline.lastEvent = last;
    this.#changed(conversation);
  }

  /** Applies a "room.events" event, which has the room events that a conversation may have missed. */
  replaceEvents(event) {
    const conversation = this.#cache.get(event.room);
    if (!conversation) return;
    conversation.missesEvents = false;
    conversation.timeline.replaceEvents(event);
    this.#changed(conversation);
  }

  /** Updates a person's name and avatar on their messages. */
  updatePerson(person) {
    for (const conversation of this.#cache.values()) if (conversation.timeline.updatePerson(person)) this.#changed(conversation);
  }

  /**
   * Requests the changes that cached conversations have missed. Resolves when all of them are applied. A conversation may also
   * be ahead of the server, or differ from it at the same version, if the server's database was restored from a backup.
   */
  async syncAll() {
    const known = [...this.#cache.values()].filter(({ room }) => this.#rooms.get(room));
    const roomOf = ({ room }) => this.#rooms.get(room);
    const rewritten = known.filter((each) => isRewritten(each, roomOf(each)));
    for (const each of rewritten) this.reload(each);
    const kept = known.filter((each) => !rewritten.includes(each));
    for (const each of kept) each.missesEvents = !each.isMember || missesEvents(each, roomOf(each));
    await this.#sync(kept.filter((each) => each.missesEvents || isBehind(each, roomOf(each))));
  }

  /** Requests what has changed in a previewed room since it was loaded. If it isn't public anymore, a "room.left" follows. */
  checkPreview() {
    if (this.current && !this.current.isMember) this.#sync([this.current]);
  }

  /** Reloads the conversation: when it is next opened or, if it is open, now and until that succeeds. */
  async reload(conversation) {
    if (conversation !== this.current) return this.discard(conversation.room);
    conversation.reloads = (conversation.reloads ?? 0) + 1;
    conversation.reloading ??= this.#reload(conversation);
    await conversation.reloading;
  }

  /** Reloads all conversations, because the set of users whose messages are visible has changed. */
  reloadAll() {
    this.#prefetched.clear();
    for (const conversation of [...this.#cache.values()]) this.reload(conversation);
  }

  /** Removes a room that was only previewed: there are no events about it. */
  #forgetPreview({ room }) {
    this.#rooms.remove(room);
    this.#cache.delete(room);
  }

  /** Without a connection, a cached conversation is all there is. It is synced like the others once the page is back online. */
  #isUsable(conversation) {
    return this.#socket.state === "live" ? this.#isComplete(conversation) : Boolean(this.#rooms.get(conversation.room));
  }

  /** Returns whether the cached conversation has all messages from the first unread one to the newest. */
  #isComplete({ room, timeline }) {
    const { unread, last_read_seq: read } = this.#rooms.get(room) ?? {};
    return !timeline.hasNewer && (!unread || timeline.continuesFrom(read));
  }

  /** Returns the `seq` before the first unread message from another user. */
  #dividerOf({ last_read_seq: read }, timeline) {
    if (!timeline.continuesFrom(read)) return read;
    const unread = timeline.messages.find(({ seq, sender }) => seq > read && sender.id !== this.#me);
    return unread ? unread.seq - 1 : null;
  }

  /** Starts again if a reload was requested while the response, which may then be out of date, was being fetched. */
  async #reload(conversation) {
    for (let attempt = 0; conversation === this.current; ) {
      const { room, reloads } = conversation;
      try {
        const fresh = this.add(await this.#fetch(pathOf(room, { latest: true })));
        if (conversation === this.current && conversation.reloads === reloads) this.select(fresh);
      } catch (error) {
        if (REFUSED.has(error.status)) break;
        await this.#delay(backoff(attempt++));
      }
    }
    conversation.reloading = null;
  }

  #applyChange(conversation, { version, message }) {
    const { timeline } = conversation;
    if (message && timeline.contradicts(message)) return this.#replace(conversation);
    if (timeline.advance(version) === "gap") this.#sync([conversation]);
    if (message && timeline.merge(message)) this.#changed(conversation);
    if (conversation !== this.current) timeline.dropOlder(CACHED_MESSAGES);
  }

  #applyChanges(conversation, event) {
    if (event.reset || this.#roomSync.contradicts(conversation, event)) return this.#replace(conversation);
    this.#received(event.messages);
    conversation.timeline.applyChanges(event);
    if (event.more) this.#sync([conversation], { isContinued: event.messages.length > 0 });
    this.#changed(conversation);
  }

  /** Reloads a conversation that doesn't belong to the server's history, unless that is already happening. */
  #replace(conversation) {
    if (!conversation.reloading) this.reload(conversation);
  }

  #sync(conversations, { isContinued = false } = {}) {
    const isNeeded = (each) => this.#cache.get(each.room) === each;
    return this.#roomSync.request(conversations, { isNeeded, isContinued });
  }

  /** Loads one page at a time. */
  async #loadPage(query, add) {
    const conversation = this.current;
    if (conversation.isLoadingPage) return;
    conversation.isLoadingPage = true;
    try {
      const page = await this.#fetch(`/rooms/${conversation.room}/messages/?${query}`);
      if (add(page)) this.#sync([conversation]);
      this.#received(page.messages, page.saved);
      this.#changed(conversation);
    } finally {
      conversation.isLoadingPage = false;
    }
  }

  /** Uses the response to a request that has been made ahead, once. */
  #fetchOnce(path) {
    const request = this.#prefetched.get(path);
    this.#prefetched.delete(path);
    return request ?? this.#fetch(path);
  }

  async #fetch(path) {
    const response = await this.#getJson(path);
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

  #received(messages, saved) {
    this.dispatchEvent(new CustomEvent("messages", { detail: { messages, saved } }));
  }
}

function pathOf(room, { around = null, latest = false }) {
  const query = around ? `?around=${around}` : latest ? "?latest" : "";
  return `/rooms/${room}/conversation/${query}`;
}

function wait(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
