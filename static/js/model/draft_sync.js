/** Keeps drafts the same on all devices of the user. The newest text wins, and what was written at the same time is kept, too. */

import { mergeDrafts, syncedPrefix } from "chatsite/store/drafts.js";

const INTERVAL = 1500; // in milliseconds, between two states of a draft that are sent while the user is typing
const NONE = { version: 0, body: "", replyTo: null };

/**
 * For each room, the storage also contains the draft that the server is known to have: {version, body, replyTo}, with an id. `sending`
 * is the body that one of the browser's tabs is sending. The event with it may reach another tab before the reply reaches that one.
 */
export class DraftSync {
  #drafts;
  #socket;
  #storage;
  #prefix;
  #delay;
  /** The rooms whose draft will be sent, or is being sent. */
  #planned = new Set();
  #sending = new Set();
  /** By room, the draft of another device that arrived in the meantime. */
  #later = new Map();
  /** By room, the last text that was written here. Its draft may arrive from another tab after it was sent. */
  #written = new Map();

  constructor({ drafts, socket, storage, user, delay = (run, time) => setTimeout(run, time) }) {
    this.#drafts = drafts;
    this.#socket = socket;
    this.#storage = storage;
    this.#prefix = syncedPrefix(user);
    this.#delay = delay;
    drafts.addEventListener("stored", ({ detail: { room, draft } }) => {
      if (draft.body) this.#written.set(room, draft.body);
      this.#plan(room, draft.body ? INTERVAL : 0);
    });
  }

  /** Learns all drafts that the server has. `rooms`: the ids of the rooms the user is in. Others keep their drafts in the browser. */
  replace(drafts, rooms) {
    const stored = new Map(drafts.map((draft) => [draft.room, draft]));
    for (const room of rooms) {
      const draft = stored.get(room) ?? { room, version: 0, body: "", reply_to: null }; // perhaps sent on another device
      const isKnown = draft.version === this.#known(room).version;
      if (!isKnown) this.#apply(draft);
      this.#forgetSending(room); // what hasn't arrived by now was lost
      if (!this.#isSynced(room)) this.#plan(room, 0);
    }
  }

  /** Learns that a draft was changed, here or on another device. */
  learn(draft) {
    if (this.#sending.has(draft.room)) this.#later.set(draft.room, draft);
    else if (draft.version > this.#known(draft.room).version) this.#apply(draft);
  }

  /** Sends what hasn't been sent, because the user is leaving the page. */
  flush() {
    for (const room of this.#planned) this.#send(room);
  }

  #plan(room, time) {
    if (this.#planned.has(room) && time) return;
    this.#planned.add(room);
    this.#delay(() => this.#send(room), time);
  }

  async #send(room) {
    this.#planned.delete(room);
    if (this.#sending.has(room) || this.#socket.state !== "live" || this.#isSynced(room)) return;
    const { body, replyTo } = this.#drafts.get(room);
    const known = this.#known(room);
    const reply_to = replyTo?.id ?? null;
    this.#sending.add(room);
    this.#note(room, { ...known, sending: body });
    try {
      const { draft } = await this.#socket.send("draft.set", { room, body, reply_to, known: known.version });
      if (draft.version === known.version + 1 && draft.body === body) this.#note(room, { version: draft.version, body, replyTo: reply_to });
      else this.#apply(draft);
    } catch {
      if (this.#socket.state === "live") this.#forgetSending(room);
      return; // too long, for example: until its next change, the draft is only in this browser
    } finally {
      this.#sending.delete(room);
    }
    if (this.#later.has(room)) this.learn(this.#later.get(room));
    this.#later.delete(room);
    if (!this.#isSynced(room)) this.#plan(room, INTERVAL);
  }

  /** Shows the server's draft, unless this device has changed it, too. Then both are kept. */
  #apply({ room, version, body, reply_to: replyTo }) {
    const local = this.#drafts.get(room);
    const isChanged = !this.#isSynced(room);
    const known = this.#known(room);
    const isOwn = Boolean(body) && body === known.sending && version === known.version + 1;
    this.#note(room, { version, body, replyTo: replyTo?.id ?? null });
    if (isOwn) return this.#plan(room, INTERVAL);
    if (isSame(local, { body, replyTo }) || (isChanged && this.#isSent(room, local, body))) return;
    if (!isChanged || body.startsWith(local.body)) this.#drafts.replace(room, { body, replyTo: replyTo ?? (isChanged ? local.replyTo : null) });
    else if (!local.body.startsWith(body)) this.#drafts.replace(room, mergeDrafts({ body, replyTo }, local));
  }

  /** Returns whether the text is an earlier state of one that was sent here. */
  #isSent(room, local, body) {
    return !local.body && Boolean(this.#written.get(room)?.startsWith(body));
  }

  #isSynced(room) {
    const { body, replyTo } = this.#known(room);
    const local = this.#drafts.get(room);
    return local.body === body && (local.replyTo?.id ?? null) === replyTo;
  }

  #known(room) {
    try {
      return { ...NONE, ...JSON.parse(this.#storage.getItem(this.#prefix + room)) };
    } catch {
      return NONE;
    }
  }

  #forgetSending(room) {
    const known = this.#known(room);
    if (known.sending) this.#note(room, { ...known, sending: undefined });
  }

  #note(room, draft) {
    if (draft.version || draft.sending) this.#storage.setItem(this.#prefix + room, JSON.stringify(draft));
    else this.#storage.removeItem(this.#prefix + room);
  }
}

function isSame(one, other) {
  return one.body === other.body && (one.replyTo?.id ?? null) === (other.replyTo?.id ?? null);
}
