/** A room's loaded messages in order, and their layout: days, groups and the "New messages" divider. */

import { dayKey } from "chatsite/format/dates.js";
import { haveSameSender } from "chatsite/format/senders.js";

const GROUP_WITHIN = 5 * 60_000;
const MAX_EVENTS = 1000;

export class Timeline {
  version = 0;
  hasOlder = false;
  hasNewer = false;
  /** The `seq` up to which this user cleared the history. Changes to those messages are ignored. */
  clearedSeq = 0;
  /** The `seq` after which the divider is drawn, or null. */
  newAfter = null;
  /** Room events by id. Each page of history includes the events in its range. */
  events = new Map();
  /** The id of the room's latest event when all of them up to that were known. */
  lastEvent = 0;
  #replacedEvents = new Set();
  #messages = [];
  #byId = new Map();

  get messages() {
    return this.#messages;
  }

  get first() {
    return this.#messages[0];
  }

  get last() {
    return this.#messages.at(-1);
  }

  /** Returns the `seq` of the last loaded message or, if all later messages are hidden from this user, of the room's end. */
  readableEnd(room) {
    const seq = this.last?.seq ?? 0;
    return this.hasNewer || this.version < room.version ? seq : Math.max(seq, room.last_seq);
  }

  /** Returns whether all messages after number `seq`, up to the last loaded one, are loaded. */
  continuesFrom(seq) {
    return !this.hasOlder || this.first?.seq <= seq + 1;
  }

  /** Returns the number of messages from number `seq` on, not counting senders that are muted, or null if not all are loaded. */
  countFrom(seq, muted) {
    if (this.hasNewer || !this.continuesFrom(seq - 1)) return null;
    return this.#messages.filter((message) => message.seq >= seq && !muted.has(message.sender.id)).length;
  }

  at(seq) {
    const message = this.#messages[this.#indexOf(seq)];
    return message?.seq === seq ? message : undefined;
  }

  get(id) {
    return this.#byId.get(id);
  }

  /** The message of the newest known change, if it is loaded. */
  get lastChanged() {
    return this.#messages.findLast(({ version }) => version === this.version);
  }

  /** Returns whether a message from the server can't belong to this history, because another one has its place in it. */
  contradicts(message) {
    const known = this.#byId.get(message.id) ?? this.at(message.seq);
    if (!known) return false;
    if (identityOf(known) !== identityOf(message)) return true;
    return known.version === message.version && stateOf(known) !== stateOf(message);
  }

  /** Replaces all messages with a page of history. */
  load({ messages, version, has_older: hasOlder, has_newer: hasNewer, room, events }) {
    this.events.clear();
    this.addEvents(events);
    this.lastEvent = room?.last_event ?? 0;
    this.clearedSeq = room?.cleared_seq ?? 0;
    this.#messages = [];
    this.#byId.clear();
    for (const message of messages) this.#insert(message);
    Object.assign(this, { version, hasOlder, hasNewer });
  }

  /** Adds an older page. Returns true if live events are newer than the page, in which case the caller must sync. */
  prepend(page) {
    for (const message of page.messages) this.#insert(message);
    this.addEvents(page.events);
    this.hasOlder = page.has_older;
    return this.#rewind(page.version);
  }

  /** Adds a newer page. Returns true if the caller must sync, like `prepend`. */
  append(page) {
    for (const message of page.messages) this.#insert(message);
    this.addEvents(page.events);
    this.hasNewer = page.has_newer;
    return this.#rewind(page.version);
  }

  /** Adds room events. `removed` contains the ids of earlier events that they replace. */
  addEvents(events = [], removed = []) {
    for (const id of removed) {
      this.events.delete(id);
      this.#replacedEvents.add(id); // a page that was requested before may still contain it
    }
    for (const event of events) if (!this.#replacedEvents.has(event.id)) this.events.set(event.id, event);
    for (const kept of [this.events, this.#replacedEvents]) {
      const excess = Math.max(0, kept.size - MAX_EVENTS);
      for (const id of [...kept.keys()].slice(0, excess)) kept.delete(id);
    }
  }

  /** Replaces the room events after number `since`, up to the event `lastEvent`, with the server's. Later ones came live. */
  replaceEvents({ since, last_event: lastEvent, events }) {
    for (const { id, after_seq: seq } of [...this.events.values()]) if (seq >= since && id <= lastEvent) this.events.delete(id);
    this.addEvents(events);
    this.lastEvent = lastEvent;
  }

  /** Checks a live event's version. Returns "next" if it is the expected one, "known" if it is old, "gap" if events were missed. */
  advance(version) {
    if (version <= this.version) return "known";
    if (version > this.version + 1) return "gap";
    this.version = version;
    return "next";
  }

  /** Adds or updates a message if it belongs to the loaded ones. Returns whether anything changed. */
  merge(message) {
    const known = this.#byId.get(message.id);
    const hasUnlinked = Boolean(message.deleted_at) && this.#unlink(message.id);
    if (known ? known.version >= message.version : !this.#belongs(message)) return hasUnlinked;
    this.#insert(message);
    if (message.deleted_at) this.#clearQuotes(message.id);
    return true;
  }

  /** Applies a "room.changes" event, the result of a sync. */
  applyChanges({ messages, version }) {
    for (const message of messages) this.merge(message);
    this.version = Math.max(this.version, version);
  }

  /** Updates a user's name and avatar. Returns whether a loaded message shows them. */
  updatePerson(person) {
    let hasChanged = false;
    for (const message of this.#messages) {
      const isSender = message.sender.id === person.id;
      const isQuoted = message.reply_to?.sender?.id === person.id;
      if (isSender) message.sender = person;
      if (isQuoted) message.reply_to = { ...message.reply_to, sender: person };
      hasChanged ||= isSender || isQuoted;
    }
    return hasChanged;
  }

  /** Keeps the newest `count` messages. The others can be loaded again. */
  dropOlder(count) {
    const dropped = this.#messages.splice(0, Math.max(0, this.#messages.length - count));
    for (const { id } of dropped) this.#byId.delete(id);
    if (dropped.length) this.hasOlder = true;
  }

  dropNewer(count) {
    const dropped = this.#messages.splice(count);
    for (const { id } of dropped) this.#byId.delete(id);
    if (dropped.length) this.hasNewer = true;
  }

  /**
   * Returns the log's entries from top to bottom: {key, kind: "day"|"new", at} and {key, kind: "message", message, first}.
   * `arrange(messages)` returns them with other entries in between, such as {key, kind: "event", at, text} and {key, kind: "answer", at, node}. A post keeps its key,
   * and thus its element, when the server's message replaces it.
   */
  entries(pending = [], arrange = (messages) => messages) {
    const entries = [];
    let previous = null;
    // The divider may belong to older messages that aren't loaded yet.
    let isPastDivider = this.hasOlder && this.newAfter !== null && this.first?.seq > this.newAfter + 1;
    for (const message of arrange(this.hasNewer ? this.#messages : [...this.#messages, ...pending])) {
      const isNewDay = !previous || dayKey(previous.at) !== dayKey(message.at);
      if (isNewDay) entries.push({ key: `day ${dayKey(message.at)}`, kind: "day", at: message.at });
      const isDivider = !isPastDivider && this.#isNew(message);
      if (isDivider) entries.push({ key: "new", kind: "new", at: message.at });
      isPastDivider ||= isDivider;
      const first = isNewDay || isDivider || !follows(previous, message);
      entries.push(message.kind ? message : { key: keyOf(message), kind: "message", message, first });
      previous = message;
    }
    return entries;
  }

  #isNew(message) {
    return this.newAfter !== null && message.seq > this.newAfter;
  }

  #belongs({ seq }) {
    if (seq <= this.clearedSeq) return false;
    if (!this.#messages.length) return !this.hasNewer && !this.hasOlder;
    if (seq > this.last.seq) return !this.hasNewer;
    return seq > this.first.seq || !this.hasOlder;
  }

  /** Removes a deleted message, which needn't be loaded, from the room events that lead to it. Returns whether there were any. */
  #unlink(id) {
    const events = [...this.events.values()].filter(({ message }) => message?.id === id);
    for (const event of events) event.message = null;
    return events.length > 0;
  }

  /** Removes a deleted message's text from the replies that quote it. */
  #clearQuotes(id) {
    for (const message of this.#messages) {
      if (message.reply_to?.id === id) message.reply_to = { ...message.reply_to, excerpt: "" };
    }
  }

  #insert(message) {
    const known = this.#byId.get(message.id);
    if (known && known.version > message.version) return;
    if (message.reply_to?.seq <= this.clearedSeq) message.reply_to = { ...message.reply_to, excerpt: "" };
    this.#byId.set(message.id, message);
    const index = this.#indexOf(message.seq);
    this.#messages.splice(index, this.#messages[index]?.seq === message.seq ? 1 : 0, message);
  }

  /** Returns the index of `seq`, or where to insert it. That is usually at the end, which is therefore checked first. */
  #indexOf(seq) {
    if (!this.#messages.length || this.last.seq < seq) return this.#messages.length;
    let low = 0;
    let high = this.#messages.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#messages[middle].seq < seq) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #rewind(version) {
    if (version >= this.version) return false;
    this.version = version;
    return true;
  }
}

function identityOf({ id, seq, at }) {
  return `${id} ${seq} ${at}`;
}

function stateOf({ edited_at: editedAt, deleted_at: deletedAt, pinned_at: pinnedAt }) {
  return `${editedAt} ${deletedAt} ${pinnedAt}`;
}

function keyOf(message) {
  return message.client_id ? `post ${message.client_id}` : `message ${message.id}`;
}

function follows(previous, message) {
  return haveSameSender(previous, message) && !message.reply_to && new Date(message.at) - new Date(previous.at) < GROUP_WITHIN;
}
