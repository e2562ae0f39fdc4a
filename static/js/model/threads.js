const MAX_RECENT = 100; // replies

/** Knows how many replies the loaded messages have, and which threads the user follows. Emits "change". */
export class Threads extends EventTarget {
  /** By the id of their first message: {message, replies, last_seq, last_at}. */
  #threads = new Map();
  #followed = new Set();
  /** By the id of their first message: {room, unread, last_seq}, for followed threads with unread replies. */
  #unread = new Map();
  /** The number of the last reply that was counted or read, by the id of the first message. */
  #counted = new Map();
  #isCounted;
  /** The latest replies that arrived, {reply, position}, and the number of all of them. */
  #recent = [];
  #position = 0;

  /** `isCounted(reply)` returns whether a new reply counts as unread: it isn't the user's own, muted, or already read. */
  constructor({ isCounted = () => true } = {}) {
    super();
    this.#isCounted = isCounted;
  }

  /** Returns {message, replies, last_seq, last_at, unread}, or undefined for a message without replies. */
  get(id) {
    const thread = this.#threads.get(id);
    return thread && { ...thread, unread: this.#unread.get(id)?.unread ?? 0 };
  }

  /** Returns the id of the thread that a message belongs to, or null if it has no replies and isn't one. */
  idOf({ id, thread }) {
    return thread ?? (this.#threads.has(id) ? id : null);
  }

  isFollowed(id) {
    return this.#followed.has(id);
  }

  /** Returns whether the user follows the thread and hasn't read all of it. */
  isUnread(id) {
    return this.#unread.has(id);
  }

  /** The number of followed threads with unread replies. */
  get unreadCount() {
    return this.#unread.size;
  }

  /** The number of replies that have arrived so far. Pass the value from before a request to `learn`. */
  get position() {
    return this.#position;
  }

  /**
   * Learns the threads of these messages from the server's response, in which those without replies are missing. Replies that have
   * arrived since `asked`, the position at the time of the request, may be missing, too.
   */
  learn(messages, threads, asked = this.#position) {
    const ids = new Set(messages.map(({ id }) => id));
    for (const id of ids) this.#threads.delete(id);
    for (const each of threads) this.#threads.set(each.message, each);
    for (const { reply, position } of this.#recent) if (position >= asked && ids.has(reply.thread)) this.#count(reply);
    this.#changed();
  }

  /** Learns all threads that the user follows, and those with unread replies, from the server. */
  learnFollowed({ followed, unread }) {
    this.#followed = new Set(followed);
    this.#unread = new Map(unread.map(({ thread, room, unread: count, last_seq: seq }) => [thread, { room, unread: count, last_seq: seq }]));
    for (const { thread, last_seq: seq } of unread) this.#note(thread, seq);
    this.#changed();
  }

  /** Counts a reply, unless it was posted before the last one that is known. */
  addReply(reply) {
    this.#recent = [...this.#recent.slice(1 - MAX_RECENT), { reply, position: this.#position++ }];
    this.#count(reply);
    if (this.#followed.has(reply.thread) && this.#isCounted(reply)) this.#addUnread(reply);
    this.#changed();
  }

  /** Takes note that an unread reply was deleted. */
  removeReply({ thread: id, seq }) {
    this.#recent = this.#recent.filter(({ reply }) => reply.thread !== id || reply.seq !== seq);
    const unread = this.#unread.get(id);
    if (!unread || seq > unread.last_seq) return;
    unread.unread -= 1;
    if (unread.unread <= 0) this.#unread.delete(id);
    this.#changed();
  }

  /** `seqs`: the numbers of new replies in the thread. */
  follow({ thread, room, seqs = [] }) {
    this.#followed.add(thread);
    for (const seq of seqs) this.#addUnread({ thread, room, seq });
    this.#changed();
  }

  unfollow(id) {
    this.#followed.delete(id);
    this.#unread.delete(id);
    this.#changed();
  }

  /** Marks the replies of a thread as read up to number `seq`. */
  markRead(id, seq) {
    this.#note(id, seq);
    if (this.#unread.get(id)?.last_seq <= seq) this.#unread.delete(id);
    this.#changed();
  }

  /** Marks the replies in a room as read up to number `seq`, because its messages were. */
  markRoomRead(room, seq) {
    for (const [id, thread] of [...this.#unread]) if (thread.room === room) this.markRead(id, seq);
  }

  #count({ thread: id, seq, at }) {
    const known = this.#threads.get(id);
    if (seq <= known?.last_seq) return;
    this.#threads.set(id, { ...known, message: id, replies: (known?.replies ?? 0) + 1, last_seq: seq, last_at: at });
  }

  #addUnread({ thread: id, room, seq }) {
    if (seq <= (this.#counted.get(id) ?? 0)) return;
    this.#note(id, seq);
    this.#unread.set(id, { room, unread: (this.#unread.get(id)?.unread ?? 0) + 1, last_seq: seq });
  }

  #note(id, seq) {
    this.#counted.set(id, Math.max(seq, this.#counted.get(id) ?? 0));
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }
}
