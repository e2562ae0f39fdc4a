/** The open conversation and a cache of recent ones. Opens, pages and reloads them. */

import { CACHED_MESSAGES, ConversationCache } from "chatsite/model/conversation_cache.js";
import { ConversationPages } from "chatsite/model/conversation_pages.js";
import { ConversationRequests } from "chatsite/model/conversation_requests.js";
import { ConversationUpdates } from "chatsite/model/conversation_updates.js";
import { Timeline } from "chatsite/model/timeline.js";
import { backoff } from "chatsite/net/backoff.js";

const REFUSED = new Set([403, 404]);

/**
 * A conversation is {room, timeline, isMember, canPost, canModerate, canPin, members, around}, where `room` is the id.
 * Dispatches "opened", "change" ({room}) and "messages" ({messages, saved, threads}: all messages from the server, for
 * any room, and with pages of messages, the ids of those that the user saved, and the threads that begin with some of them).
 */
export class Conversations extends EventTarget {
  #cache = new ConversationCache();
  #socket;
  #rooms;
  #me;
  #requests;
  #updates;
  #pages;
  #delay;
  #lastOpening = 0;
  current = null;

  /** `prepare(messages)` resolves when the code that draws them is loaded. */
  constructor({ socket, rooms, me, prepare, fetch, delay = wait }) {
    super();
    this.#socket = socket;
    this.#rooms = rooms;
    this.#me = me;
    this.#delay = delay;
    this.#requests = new ConversationRequests({ prepare, fetch, delay });
    this.#updates = new ConversationUpdates({ conversations: this, rooms, socket, delay });
    this.#pages = new ConversationPages({ conversations: this, requests: this.#requests, updates: this.#updates });
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
      if (isUsable) cached.around = null; // it isn't opened there again
      const conversation = isUsable ? cached : this.add(await this.#requests.conversation(id, { around, latest }));
      if (opening === this.#lastOpening) this.select(conversation, { atEnd: latest });
    } catch (error) {
      if (opening === this.#lastOpening) throw error;
    }
    return opening === this.#lastOpening;
  }

  /** Requests a room that will probably be opened in a moment. */
  prefetch(id) {
    const cached = this.#cache.get(id);
    if (this.#socket.state === "live" && !(cached && this.#isUsable(cached))) this.#requests.prefetch(id);
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
      members: response.members, // how many, when it was loaded
      around: response.around,
    };
    this.#cache.keep(conversation, this.current?.room);
    this.announceMessages(response.messages, response);
    conversation.missesEvents = lastEvent > timeline.lastEvent;
    if (Math.max(version, room.version ?? 0) > timeline.version || conversation.missesEvents) this.#updates.sync([conversation]);
    return conversation;
  }

  /** Makes this the open conversation: at its end, or at the first unread message, which is then marked by a line. */
  select(conversation, { atEnd = false } = {}) {
    const room = this.#rooms.get(conversation.room);
    const previous = this.current;
    if (previous && !previous.isMember && previous.room !== room.id) this.#forgetPreview(previous);
    if (previous?.room !== room.id) previous?.timeline.dropOlder(CACHED_MESSAGES);
    this.current = conversation;
    conversation.timeline.newAfter = room.unread && !atEnd ? dividerOf(room, conversation.timeline, this.#me) : null;
    this.#cache.keep(conversation, this.current?.room);
    this.dispatchEvent(new Event("opened"));
  }

  get(id) {
    return this.#cache.get(id);
  }

  /** All conversations in the cache. */
  get all() {
    return this.#cache.all;
  }

  /** The number of attempts to open a room, for detecting that the user has opened another one in the meantime. */
  get openings() {
    return this.#lastOpening;
  }

  discard(id) {
    this.#requests.forget();
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
    await this.#pages.loadOlder(this.current);
  }

  async loadNewer() {
    await this.#pages.loadNewer(this.current);
  }

  /** Drops messages of the open conversation if there are too many: the oldest, if its end is in view, or the newest. */
  trim({ isAtEnd }) {
    this.#pages.trim(this.current, { isAtEnd });
  }

  /** Applies a live event that has a room version. */
  applyEvent(event) {
    this.#updates.applyEvent(event);
  }

  /** Applies a "room.event" event. */
  addEvents(event) {
    this.#updates.addEvents(event);
  }

  /** Applies a "room.events" event. */
  replaceEvents(event) {
    this.#updates.replaceEvents(event);
  }

  updatePerson(person) {
    this.#updates.updatePerson(person);
  }

  /** Requests the changes that cached conversations have missed. Resolves when all of them are applied. */
  async syncAll() {
    await this.#updates.syncAll();
  }

  announceChange({ room }) {
    this.dispatchEvent(new CustomEvent("change", { detail: { room } }));
  }

  /** Announces messages from the server. `saved`: the ids of those that the user has saved; `threads`: those of them; if known. */
  announceMessages(messages, { saved, threads } = {}) {
    this.dispatchEvent(new CustomEvent("messages", { detail: { messages, saved, threads } }));
  }

  /** Requests what has changed in a previewed room since it was loaded. If it isn't public anymore, a "room.left" follows. */
  checkPreview() {
    if (this.current && !this.current.isMember) this.#updates.sync([this.current]);
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
    this.#requests.forget();
    for (const conversation of this.#cache.all) this.reload(conversation);
  }

  /** Removes a room that was only previewed: there are no events about it. */
  #forgetPreview({ room }) {
    this.#rooms.remove(room);
    this.#cache.delete(room);
  }

  /** Without a connection, a cached conversation is all there is. It is synced like the others once the page is back online. */
  #isUsable(conversation) {
    const room = this.#rooms.get(conversation.room);
    return this.#socket.state === "live" ? startsWhereUserStopped(conversation, room) : Boolean(room);
  }

  /** Starts again if a reload was requested while the response, which may then be out of date, was being fetched. */
  async #reload(conversation) {
    for (let attempt = 0; conversation === this.current; ) {
      const { room, reloads } = conversation;
      try {
        const fresh = this.add(await this.#requests.conversation(room, { latest: true }));
        if (conversation === this.current && conversation.reloads === reloads) this.select(fresh);
      } catch (error) {
        if (REFUSED.has(error.status)) break;
        await this.#delay(backoff(attempt++));
      }
    }
    conversation.reloading = null;
  }
}

/** Returns whether the cached conversation has the first unread message and those around it or, if all are read, the newest one. */
function startsWhereUserStopped({ timeline }, { unread, last_read_seq: read } = {}) {
  if (!unread) return !timeline.hasNewer;
  return timeline.continuesFrom(read) && (!timeline.hasNewer || timeline.last?.seq > read);
}

/** Returns the `seq` before the first unread message from someone else than `me`, or null. */
function dividerOf({ last_read_seq: read }, timeline, me) {
  if (!timeline.continuesFrom(read)) return read;
  const unread = timeline.messages.find(({ seq, sender }) => seq > read && sender.id !== me);
  return unread ? unread.seq - 1 : null;
}

function wait(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
