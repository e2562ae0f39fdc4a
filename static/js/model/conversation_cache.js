/** The conversations that were open last. */

const CACHE_SIZE = 20;
export const CACHED_MESSAGES = 60; // of each conversation that isn't open

export class ConversationCache {
  #conversations = new Map();

  get(room) {
    return this.#conversations.get(room);
  }

  get all() {
    return [...this.#conversations.values()];
  }

  /** Makes this the most recent conversation, and drops the least recent one, but not that of the room `open`. */
  keep(conversation, open) {
    this.#conversations.delete(conversation.room);
    this.#conversations.set(conversation.room, conversation);
    for (const room of this.#conversations.keys()) {
      if (this.#conversations.size <= CACHE_SIZE) break;
      if (room !== open) this.#conversations.delete(room);
    }
  }

  delete(room) {
    this.#conversations.delete(room);
  }
}
