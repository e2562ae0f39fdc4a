/** An open thread: its first message and the loaded replies. */

import { Timeline } from "chatsite/model/timeline.js";

export class Thread {
  #root = null;
  #replies = new Timeline();

  /** `room` and `id` are those of the first message. */
  constructor(room, id) {
    this.room = room;
    this.id = id;
  }

  get hasOlder() {
    return this.#replies.hasOlder;
  }

  /** The number of the first reply that is loaded. */
  get firstSeq() {
    return this.#replies.first?.seq;
  }

  /** The number of the newest reply, or 0. */
  get lastSeq() {
    return this.#replies.last?.seq ?? 0;
  }

  /** The first message, if the user sees it, and the loaded replies. */
  get messages() {
    return this.#root ? [this.#root, ...this.#replies.messages] : this.#replies.messages;
  }

  /** The message that a reply quotes if the user chose no other one: the first, or else the newest that isn't deleted. */
  get replyTarget() {
    const isThere = (message) => message && !message.deleted_at;
    return isThere(this.#root) ? this.#root : this.#replies.messages.findLast(isThere);
  }

  /** Replaces all messages with the newest ones from the server, and the user's permissions. */
  load(page) {
    const { messages, has_older: hasOlder } = page;
    this.#root = messages.find(({ id }) => id === this.id) ?? null;
    this.#replies.load({ messages: this.#repliesIn(messages), has_older: hasOlder, has_newer: false, version: 0, events: [] });
    this.members = page.members; // how many, when it was loaded
    this.learnRights({ isMember: page.is_member, canPost: page.can_post, canModerate: page.can_moderate, canPin: page.can_pin });
  }

  learnRights({ isMember, canPost, canModerate, canPin }) {
    Object.assign(this, { isMember, canPost, canModerate, canPin });
  }

  /** Adds older replies. */
  prepend({ messages, has_older: hasOlder }) {
    this.#replies.prepend({ messages: this.#repliesIn(messages), has_older: hasOlder, version: 0, events: [] });
  }

  /** Adds or updates a message if it belongs to the thread. Returns whether anything changed. */
  merge(message) {
    if (message.id === this.id) {
      if (this.#root?.version >= message.version) return false;
      this.#root = message;
      return true;
    }
    return message.thread === this.id && this.#repliesIn([message]).some((reply) => this.#replies.merge(reply));
  }

  /** Updates the sender of messages and quotes. */
  updatePerson(person) {
    if (this.#root?.sender.id === person.id) this.#root = { ...this.#root, sender: person };
    this.#replies.updatePerson(person);
  }

  /** Returns those of these unsent messages that are replies in the thread. */
  pendingIn(posts) {
    const ids = new Set([this.id, ...this.#replies.messages.map(({ id }) => id)]);
    return this.#repliesIn(posts.filter(({ reply_to: reply }) => ids.has(reply?.id)));
  }

  /** Returns the log's entries (see `Timeline.entries`). `pending` are unsent messages, and `answers` a CommandAnswers. */
  entries(pending, answers) {
    const place = { room: this.room, thread: this.id };
    const entries = this.#replies.entries(pending, (messages) => answers.arrange(messages, place, this.#replies));
    if (!this.#root) return entries;
    return [{ key: `message ${this.id}`, kind: "message", message: this.#root, first: true, isRoot: true }, ...entries];
  }

  /** Returns the replies without their quotes of the first message, which is shown above them. */
  #repliesIn(messages) {
    const replies = messages.filter(({ id }) => id !== this.id);
    return replies.map((reply) => (reply.reply_to?.id === this.id ? { ...reply, reply_to: null } : reply));
  }
}
