/** Loads older and newer pages of conversations, and drops messages if there are too many. */

// A log with more messages becomes slow. At the end of a busy room, some are dropped at once rather than one by one.
const MAX_MESSAGES = 200;
const KEPT_MESSAGES = 150;

export class ConversationPages {
  #conversations;
  #requests;
  #updates;
  #loading = new WeakSet();

  /** `conversations` announce what has been loaded. */
  constructor({ conversations, requests, updates }) {
    this.#conversations = conversations;
    this.#requests = requests;
    this.#updates = updates;
  }

  async loadOlder(conversation) {
    const { timeline } = conversation;
    const { hasOlder, first } = timeline;
    if (hasOlder && first) await this.#load(conversation, `before=${first.seq}`, (page) => timeline.prepend(page));
    timeline.dropNewer(MAX_MESSAGES);
  }

  async loadNewer(conversation) {
    const { timeline } = conversation;
    const { hasNewer, last } = timeline;
    if (hasNewer && last) await this.#load(conversation, `after=${last.seq}`, (page) => timeline.append(page));
    timeline.dropOlder(MAX_MESSAGES);
  }

  /** Drops the oldest messages if there are too many and the conversation's end is in view, or else the newest. */
  trim({ timeline }, { isAtEnd }) {
    if (timeline.messages.length <= MAX_MESSAGES) return;
    if (isAtEnd) timeline.dropOlder(KEPT_MESSAGES);
    else timeline.dropNewer(MAX_MESSAGES);
  }

  /** Loads one page of a conversation at a time. */
  async #load(conversation, query, add) {
    if (this.#loading.has(conversation)) return;
    this.#loading.add(conversation);
    try {
      const page = await this.#requests.page(conversation.room, query);
      if (add(page)) this.#updates.sync([conversation]);
      this.#conversations.announceMessages(page.messages, page);
      this.#conversations.announceChange(conversation);
    } finally {
      this.#loading.delete(conversation);
    }
  }
}
