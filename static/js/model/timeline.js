/** What is known of one room's messages, in order, and how they are laid out: days, groups, the 'new' line. */

import { dayKey } from "chatsite/format/dates.js";

const GROUP_WITHIN = 5 * 60_000;

export class Timeline {
  version = 0;
  hasOlder = false;
  hasNewer = false;
  /** The number up to which this person cleared the room: what changes there is not for them. */
  clearedSeq = 0;
  /** The number after which the 'new' line is drawn, or null. */
  newAfter = null;
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

  /** The number of the room's end, or of the last message held. What lies between is hidden from this person. */
  readableEnd(room) {
    const seq = this.last?.seq ?? 0;
    return this.hasNewer || this.version < room.version ? seq : Math.max(seq, room.last_seq);
  }

  get(id) {
    return this.#byId.get(id);
  }

  at(seq) {
    return this.#messages.find((message) => message.seq === seq);
  }

  /** Starts over with one page of history. */
  load({ messages, version, has_older: hasOlder, has_newer: hasNewer, room }) {
    this.clearedSeq = room?.cleared_seq ?? 0;
    this.#messages = [];
    this.#byId.clear();
    for (const message of messages) this.#place(message);
    Object.assign(this, { version, hasOlder, hasNewer });
  }

  /** Adds an older page. True when the page is older than what was heard since: then ask for the changes. */
  prepend(page) {
    for (const message of page.messages) this.#place(message);
    this.hasOlder = page.has_older;
    return this.#fallBack(page.version);
  }

  /** Adds a newer page, likewise. */
  append(page) {
    for (const message of page.messages) this.#place(message);
    this.hasNewer = page.has_newer;
    return this.#fallBack(page.version);
  }

  /** Takes a live event's version: "next" it was the expected one, "known" an old one, "gap" something was missed. */
  advance(version) {
    if (version <= this.version) return "known";
    if (version > this.version + 1) return "gap";
    this.version = version;
    return "next";
  }

  /** Takes a message's newest state, where it belongs to what is held. True when something changed. */
  merge(message) {
    const known = this.#byId.get(message.id);
    if (known ? known.version >= message.version : !this.#belongs(message)) return false;
    this.#place(message);
    if (message.deleted_at) this.#unquote(message.id);
    return true;
  }

  /** Takes the answer of a sync. */
  applyChanges({ messages, version }) {
    for (const message of messages) this.merge(message);
    this.version = Math.max(this.version, version);
  }

  /** Takes over a person's new name and picture. True when something that is held shows them. */
  updatePerson(person) {
    let isShown = false;
    for (const message of this.#messages) {
      const wrote = message.sender.id === person.id;
      const isQuoted = message.reply_to?.sender?.id === person.id;
      if (wrote) message.sender = person;
      if (isQuoted) message.reply_to = { ...message.reply_to, sender: person };
      isShown ||= wrote || isQuoted;
    }
    return isShown;
  }

  /** Keeps the newest `count` messages; the rest can be loaded again. */
  dropOlder(count) {
    const gone = this.#messages.splice(0, Math.max(0, this.#messages.length - count));
    for (const { id } of gone) this.#byId.delete(id);
    if (gone.length) this.hasOlder = true;
  }

  dropNewer(count) {
    const gone = this.#messages.splice(count);
    for (const { id } of gone) this.#byId.delete(id);
    if (gone.length) this.hasNewer = true;
  }

  /**
   * What to draw, top to bottom: {key, kind: "day"|"new", at} and {key, kind: "message", message, first}.
   * A post keeps its key when the server's message takes its place, so its element stays.
   */
  entries(pending = []) {
    const entries = [];
    let previous = null;
    // Where older messages are still to be loaded, the line may belong among them: then not here.
    let fresh = this.hasOlder && this.newAfter !== null && this.first?.seq > this.newAfter + 1;
    for (const message of this.hasNewer ? this.#messages : [...this.#messages, ...pending]) {
      const newDay = !previous || dayKey(previous.at) !== dayKey(message.at);
      if (newDay) entries.push({ key: `day ${dayKey(message.at)}`, kind: "day", at: message.at });
      const newLine = !fresh && this.#isNew(message);
      if (newLine) entries.push({ key: "new", kind: "new", at: message.at });
      fresh ||= newLine;
      const first = newDay || newLine || !follows(previous, message);
      entries.push({ key: keyOf(message), kind: "message", message, first });
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

  /** What is deleted is not to live on in the answers to it. */
  #unquote(id) {
    for (const message of this.#messages) {
      if (message.reply_to?.id === id) message.reply_to = { ...message.reply_to, excerpt: "" };
    }
  }

  #place(message) {
    const known = this.#byId.get(message.id);
    if (known && known.version > message.version) return;
    if (message.reply_to?.seq <= this.clearedSeq) message.reply_to = { ...message.reply_to, excerpt: "" };
    this.#byId.set(message.id, message);
    const index = this.#indexOf(message.seq);
    this.#messages.splice(index, this.#messages[index]?.seq === message.seq ? 1 : 0, message);
  }

  /** Where the number stands or would stand; most come at the end, so look there first. */
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

  #fallBack(version) {
    if (version >= this.version) return false;
    this.version = version;
    return true;
  }
}

function keyOf(message) {
  return message.client_id ? `post ${message.client_id}` : `message ${message.id}`;
}

function follows(previous, message) {
  return previous.sender.id === message.sender.id && !message.reply_to && new Date(message.at) - new Date(previous.at) < GROUP_WITHIN;
}
