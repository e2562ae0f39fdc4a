/** Keeps a copy of the rooms that were open last, and starts the chat with it when there is no connection. */

import { parseRoomUrl, roomPath } from "chatsite/format/paths.js";
import { csrfToken } from "chatsite/net/http.js";
import { renewSubscription } from "chatsite/net/push.js";
import { keepPage } from "chatsite/net/service_worker.js";
import { forgetConversations, forgetCopy, readCopy, saveCopy } from "chatsite/store/offline_copy.js";

const INTERVAL = 10_000; // in milliseconds, between two copies
const MAX_MESSAGES = 50; // of each room

export class OfflineCopy {
  #page;
  #models;
  #timer = null;
  #hasStopped = false;
  /** The state in which each conversation was saved, by room, so that only changes are written. */
  #saved = new Map();

  /** `page`: the data with which the page was loaded. */
  constructor({ page, people, rooms, sections, conversations, serverEvents, blocking }) {
    this.#page = page;
    this.#models = { people, rooms, sections, conversations };
    for (const [source, name] of [[serverEvents, "applied"], [conversations, "opened"]]) {
      source.addEventListener(name, () => this.#plan());
    }
    blocking.addEventListener("change", () => this.#startAgain());
    document.addEventListener("visibilitychange", () => document.hidden && this.#save());
    this.#start();
  }

  /** Stops storing, because the user is logging out. */
  stop() {
    this.#hasStopped = true;
    clearTimeout(this.#timer);
  }

  async #start() {
    const { me, site } = this.#page;
    const copy = await readCopy().catch(() => null);
    if (copy && copy.page.me.id !== me.id) await forgetCopy();
    const { lang, dataset } = document.documentElement;
    keepPage(JSON.stringify([me.id, lang, dataset.theme ?? "", site.name]));
    this.#save();
    renewSubscription(me.id).catch(() => {}); // the next page tries again
  }

  #plan() {
    if (this.#hasStopped) return;
    this.#timer ??= setTimeout(() => this.#save(), INTERVAL);
  }

  async #startAgain() {
    this.#saved.clear();
    await forgetConversations().catch(() => {});
    this.#plan();
  }

  async #save() {
    clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#hasStopped) return;
    const { conversations, rooms, people, sections } = this.#models;
    const changed = conversations.all.filter((each) => isComplete(each, rooms) && this.#saved.get(each.room) !== stateOf(each));
    for (const each of changed) this.#saved.set(each.room, stateOf(each));
    const { me, blocked } = people;
    const own = { me, rooms: [...rooms], sections: sections.own, blocked: [...blocked], muted: [...rooms.muted] };
    const page = { ...this.#page, ...own, scheduled: [], conversation: null, has_first_steps: false };
    const copies = changed.map((each) => serialize(each, rooms.get(each.room)));
    await saveCopy(page, copies).catch(() => this.#saved.clear()); // the disk may be full
  }
}

/** Resolves with the data of a page that starts with the copy, or null if there is none. `url`: the page's. */
export async function restorePage(url) {
  const copy = await readCopy().catch(() => null);
  if (!copy) return null;
  const target = parseRoomUrl(url);
  const { conversations, page } = copy;
  const conversation = conversations.find(({ room }) => room.id === target?.room) ?? conversations[0] ?? null;
  if (conversation && conversation.room.id !== target?.room) history.replaceState(null, "", roomPath(conversation.room.id));
  else if (conversation?.messages.some(({ seq }) => seq === target.around)) conversation.around = target.around;
  // The token in the kept page's forms may be that of an earlier session.
  for (const field of document.getElementsByName("csrfmiddlewaretoken")) field.value = csrfToken(document.cookie);
  return { ...page, conversation, kept: conversations };
}

/** Returns whether the newest messages of a room that the user is in are loaded. */
function isComplete({ room, timeline, isMember, reloading }, rooms) {
  return isMember && rooms.get(room) && timeline.last && !timeline.hasNewer && !reloading;
}

function stateOf({ timeline: { version, first, last }, canPost, canModerate, canPin }) {
  return [version, first.seq, last.seq, canPost, canModerate, canPin].join(" ");
}

function serialize({ timeline, isMember, canPost, canModerate, canPin, members }, room) {
  const messages = timeline.messages.slice(-MAX_MESSAGES);
  return {
    room,
    messages,
    members,
    version: timeline.version,
    events: [...timeline.events.values()].filter((event) => event.after_seq >= messages[0].seq),
    has_older: timeline.hasOlder || messages.length < timeline.messages.length,
    has_newer: false,
    around: null,
    is_member: isMember,
    can_post: canPost,
    can_moderate: canModerate,
    can_pin: canPin,
  };
}
