/** Brings cached conversations up to date: applies live events, and requests what they have missed. */

import { CACHED_MESSAGES } from "chatsite/model/conversation_cache.js";
import { isBehind, isRewritten, missesEvents, RoomSync } from "chatsite/model/room_sync.js";

export class ConversationUpdates {
  #conversations;
  #rooms;
  #socket;
  #roomSync;

  /** `conversations` are reloaded and announce changes. */
  constructor({ conversations, rooms, socket, delay }) {
    this.#conversations = conversations;
    this.#rooms = rooms;
    this.#socket = socket;
    this.#roomSync = new RoomSync({ socket, delay });
  }

  /** Applies a live event that has a room version. */
  applyEvent(event) {
    const conversation = this.#conversations.get(event.room);
    const room = this.#rooms.get(event.room);
    if (room) room.version = event.reset ? event.version : Math.max(room.version ?? 0, event.version);
    if (event.message) this.#conversations.announceMessages([event.message]);
    if (!conversation) {
      if (event.more) this.#socket.send("sync", { rooms: { [event.room]: event.version } }).catch(() => {});
      return;
    }
    if (event.type === "room.changes") this.#applyChanges(conversation, event);
    else this.#applyChange(conversation, event);
  }

  /** Applies a "room.event" event (see `Timeline.addEvents`). */
  addEvents({ room: id, events, removed }) {
    const conversation = this.#conversations.get(id);
    const room = this.#rooms.get(id);
    const last = Math.max(room?.last_event ?? 0, ...events.map((event) => event.id));
    if (room) room.last_event = last;
    if (!conversation) return;
    conversation.timeline.addEvents(events, removed);
    if (!conversation.missesEvents) conversation.timeline.lastEvent = last;
    this.#conversations.announceChange(conversation);
  }

  /** Applies a "room.events" event, which has the room events that a conversation may have missed. */
  replaceEvents(event) {
    const conversation = this.#conversations.get(event.room);
    if (!conversation) return;
    conversation.missesEvents = false;
    conversation.timeline.replaceEvents(event);
    this.#conversations.announceChange(conversation);
  }

  /** Updates a person's name and avatar on their messages. */
  updatePerson(person) {
    const changed = this.#conversations.all.filter(({ timeline }) => timeline.updatePerson(person));
    for (const conversation of changed) this.#conversations.announceChange(conversation);
  }

  /**
   * Requests the changes that cached conversations have missed. Resolves when all of them are applied. A conversation may also
   * be ahead of the server, or differ from it at the same version, if the server's database was restored from a backup.
   */
  async syncAll() {
    const known = this.#conversations.all.filter(({ room }) => this.#rooms.get(room));
    const roomOf = ({ room }) => this.#rooms.get(room);
    const rewritten = known.filter((each) => isRewritten(each, roomOf(each)));
    for (const each of rewritten) this.#conversations.reload(each);
    const kept = known.filter((each) => !rewritten.includes(each));
    for (const each of kept) each.missesEvents = !each.isMember || missesEvents(each, roomOf(each));
    await this.sync(kept.filter((each) => each.missesEvents || isBehind(each, roomOf(each))));
  }

  /** Requests what these conversations have missed. `isContinued`: see `RoomSync.request`. */
  sync(conversations, { isContinued = false } = {}) {
    const isNeeded = (each) => this.#conversations.get(each.room) === each;
    return this.#roomSync.request(conversations, { isNeeded, isContinued });
  }

  #applyChange(conversation, { version, message }) {
    const { timeline } = conversation;
    if (message && timeline.contradicts(message)) return this.#replace(conversation);
    if (timeline.advance(version) === "gap") this.sync([conversation]);
    if (message && timeline.merge(message)) this.#conversations.announceChange(conversation);
    if (conversation !== this.#conversations.current) timeline.dropOlder(CACHED_MESSAGES);
  }

  #applyChanges(conversation, event) {
    if (event.reset || this.#roomSync.contradicts(conversation, event)) return this.#replace(conversation);
    this.#conversations.announceMessages(event.messages);
    conversation.timeline.applyChanges(event);
    if (event.more) this.sync([conversation], { isContinued: event.messages.length > 0 });
    this.#conversations.announceChange(conversation);
  }

  /** Reloads a conversation that doesn't belong to the server's history, unless that is already happening. */
  #replace(conversation) {
    if (!conversation.reloading) this.#conversations.reload(conversation);
  }
}
