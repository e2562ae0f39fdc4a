/** Requests the changes that conversations have missed, and detects that the server's history has been replaced. */

import { backoff } from "chatsite/net/backoff.js";

export class RoomSync {
  #socket;
  #delay;
  /** The newest known change of each conversation that is being synced: {since, id}, where `id` is the changed message. */
  #overlaps = new WeakMap();

  /** `delay(milliseconds)` resolves after that time. */
  constructor({ socket, delay }) {
    this.#socket = socket;
    this.#delay = delay;
  }

  /**
   * Resolves when the server has replied. If it refuses, tries again later for the conversations that are still needed
   * (`isNeeded(conversation)`), but not if the connection is lost, as the next one syncs everything. `isContinued`: the server
   * has just replied with the changes up to the known version, and has more.
   */
  async request(conversations, { isNeeded, isContinued = false, attempt = 0 }) {
    const needed = conversations.filter(isNeeded);
    if (!needed.length) return;
    const rooms = Object.fromEntries(needed.map((each) => [each.room, this.#startOf(each, isContinued)]));
    const without = needed.filter((each) => each.missesEvents);
    const events = without.length && { events: Object.fromEntries(without.map((each) => [each.room, firstSeqOf(each)])) };
    try {
      await this.#socket.send("sync", { rooms, ...events });
    } catch ({ code, retryAfter }) {
      const delay = retryAfter ? retryAfter * 1000 : backoff(attempt);
      if (code !== "offline") this.#delay(delay).then(() => this.request(needed, { isNeeded, isContinued, attempt: attempt + 1 }));
    }
  }

  /** Returns whether a "room.changes" event may come from a history in which the known changes never happened. */
  contradicts(conversation, { since, messages, more }) {
    if (more && !messages.length) return false; // it only says that there are changes
    const overlap = this.#overlaps.get(conversation);
    const isMissing = since === overlap?.since && !messages.some(({ id, version }) => id === overlap.id && version === since + 1);
    return isMissing || messages.some((message) => conversation.timeline.contradicts(message));
  }

  /**
   * Returns the version to sync from: one before the known version, if the message of that change is loaded. The reply then
   * contains this message unchanged, unless it has been changed again, or the server's database was restored to an earlier
   * state and has since made other changes. A continued sync would make no progress if a reply has room for one message only.
   */
  #startOf(conversation, isContinued) {
    const { version } = conversation.timeline;
    const lastChanged = isContinued ? null : conversation.timeline.lastChanged;
    this.#overlaps.set(conversation, lastChanged ? { since: version - 1, id: lastChanged.id } : null);
    return lastChanged ? version - 1 : version;
  }
}

/** Returns whether the server's list of rooms shows that there are, or may be, changes that the conversation doesn't have. */
export function isBehind({ timeline }, { version, last_seq: seq }) {
  // At the same version, the last messages may be hidden from this user, or belong to another history.
  return version !== timeline.version || (!timeline.hasNewer && (timeline.last?.seq ?? 0) < seq);
}

/** Returns whether the server has recorded room events that the conversation doesn't have, although it shows the room's end. */
export function missesEvents({ timeline }, { last_event: last = 0 }) {
  return !timeline.hasNewer && timeline.lastEvent !== last;
}

/** Returns the number of the first loaded message, or 0 if events before the first message are shown, too. */
function firstSeqOf({ timeline: { hasOlder, first } }) {
  return (hasOlder && first?.seq) || 0;
}

/** Returns whether the room ends before the last loaded message, or with another message in its place. */
export function isRewritten({ timeline: { version, last } }, room) {
  if (version !== room.version || !last || !room.last_at) return false;
  return last.seq > room.last_seq || (last.seq === room.last_seq && last.at !== room.last_at);
}
