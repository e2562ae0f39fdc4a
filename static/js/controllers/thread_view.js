/** A thread in the panel: its messages, which are updated live, and a field for replies. */

import { watchThumbnails } from "chatsite/controllers/attachment_viewer.js";
import { placeIn } from "chatsite/controllers/composer_places.js";
import { preloadAttachments } from "chatsite/elements/attachment_loader.js";
import { attempt } from "chatsite/elements/dialogs.js";
import { watchMentions } from "chatsite/elements/message_mentions.js";
import { clone } from "chatsite/elements/templates.js";
import { quoteOf } from "chatsite/format/excerpt.js";
import { roomPath, threadFollowPath, threadMessagesPath } from "chatsite/format/paths.js";
import { gettext } from "chatsite/i18n.js";
import { Thread } from "chatsite/model/thread.js";
import { getJson, post, remove } from "chatsite/net/http.js";

/** The messages quoted by unsent replies, by thread, until the page is closed. Their texts are kept as drafts. */
const quotes = new Map();

export class ThreadView {
  #element;
  #thread;
  #log;
  #composer;
  #parts;
  #roomView;
  #readSeq = 0;
  /** The promise of the last load, until it has ended. */
  #loading = null;
  /** Messages that have arrived since the page that is being loaded was requested, and may be missing in it. */
  #arrived = [];
  #isDrawPlanned = false;
  #hasClosed = new AbortController();

  constructor(element, parts) {
    this.#element = element;
    this.#parts = parts;
    this.#roomView = parts.roomView;
    this.#thread = new Thread(Number(element.dataset.room), Number(element.dataset.thread));
    element.closed = () => this.#hasClosed.abort();
    const { signal } = this.#hasClosed;
    parts.conversations.addEventListener("messages", ({ detail: { messages } }) => this.#merge(messages), { signal });
    attempt(() => this.#open());
  }

  async #open() {
    await this.#load();
    if (!this.#element.isConnected) return;
    this.#element.append(...clone("thread").children);
    this.#log = this.#element.querySelector("message-log");
    this.#composer = this.#element.querySelector("message-composer");
    this.#watchLog();
    this.#watchComposer();
    this.#watchModels();
    this.#watchFollowing();
    this.#log.reset(`thread ${this.#thread.id}`);
    this.#showComposer();
    this.#draw();
  }

  /** Loads the newest replies, or those before number `before`, one page after the other. */
  async #load(before = null) {
    const previous = this.#loading?.catch(() => {});
    const loading = (this.#loading = Promise.resolve(previous).then(() => this.#read(before)));
    try {
      await loading;
    } finally {
      if (this.#loading === loading) this.#loading = null;
    }
  }

  async #read(before) {
    this.#arrived = [];
    const { threads, saved } = this.#parts;
    const { position } = threads;
    const page = await getJson(threadMessagesPath(this.#thread.room, this.#thread.id, before));
    await preloadAttachments(page.messages);
    saved.learn(page.messages, page.saved);
    threads.learn([{ id: this.#thread.id }], page.threads, position);
    if (before) this.#thread.prepend(page);
    else this.#thread.load(page);
    for (const message of this.#arrived) this.#thread.merge(message);
  }

  #watchLog() {
    const { actions, reactions, showPerson, people } = this.#parts;
    const { room } = this.#thread;
    actions.watch(this.#log, {
      place: () => this.#thread,
      reply: (message) => this.#composer.reply(message),
      jump: ({ reply_to: { id, seq } }) => this.#log.jumpTo(id) || this.#parts.openRoom({ room, around: seq }),
      thread: () => this.#composer.focus(),
      edit: (message, element) => this.#edit(message, element),
      rewrite: (post) => actions.rewrite({ ...post, thread: this.#thread.id }),
    });
    reactions.watch(this.#log);
    watchMentions(this.#log, showPerson);
    watchThumbnails(this.#log, () => [...this.#thread.messages, ...this.#pending], people);
    this.#log.addEventListener("log-seen", () => this.#markRead());
    this.#log.addEventListener("log-older", () => this.#loadOlder());
    this.#log.addEventListener("log-leave", () => this.#composer.focus());
  }

  #edit(message, element) {
    this.#parts.editing.edit(message, element, { redraw: () => this.#planDraw(), place: this.#thread });
  }

  /** Marks the replies in view and those before them as read, in the thread only. */
  #markRead() {
    const { threads, socket } = this.#parts;
    const { id } = this.#thread;
    if (document.hidden || !threads.isUnread(id)) return;
    const seq = this.#log.isAtBottom ? this.#thread.lastSeq : this.#log.seenSeq;
    if (seq <= this.#readSeq) return;
    this.#readSeq = seq;
    threads.markRead(id, seq);
    socket.sendAndForget("thread.read", { thread: id, seq });
  }

  #watchFollowing() {
    const { room, id } = this.#thread;
    const form = this.#element.querySelector(".thread__follow");
    form?.addEventListener("submit", (event) => {
      event.preventDefault();
      const isFollowed = this.#parts.threads.isFollowed(id);
      attempt(() => (isFollowed ? remove : post)(threadFollowPath(room, id)));
    });
    this.#drawFollowing();
  }

  #drawFollowing() {
    const button = this.#element.querySelector(".thread__follow button");
    const text = this.#parts.threads.isFollowed(this.#thread.id) ? gettext("Unfollow") : gettext("Follow");
    if (button && button.textContent !== text) button.textContent = text;
  }

  async #loadOlder() {
    if (this.#loading || !this.#thread.hasOlder) return;
    await this.#load(this.#thread.firstSeq).catch(() => {});
    if (this.#element.isConnected) this.#draw();
  }

  #watchComposer() {
    const { actions, attachments, threadDrafts, typingSender, posting, scheduling } = this.#parts;
    posting.watchPreviews(this.#element);
    posting.watch(this.#composer, {
      get: () => this.#thread,
      thread: this.#thread.id,
      take: (message) => this.#take(message),
      forget: (room, body) => threadDrafts.get(this.#thread.id).body === body && threadDrafts.set(this.#thread.id, { body: "" }),
      posted: () => this.#log.scrollToBottom(),
    });
    scheduling.watch(this.#composer, {
      get: () => this.#thread,
      quote: (replyTo) => this.#quoteOr(replyTo),
      draftsOf: ({ id }) => ({ drafts: threadDrafts, key: id }),
    });
    actions.watchEditing(this.#composer, {
      log: this.#log,
      place: () => this.#thread,
      messages: () => this.#thread.messages,
      edit: (message, element) => this.#edit(message, element),
    });
    this.#composer.limit = this.#parts.limit;
    this.#composer.addEventListener("composer-draft", ({ detail: { body, replyTo } }) => {
      quotes.set(this.#thread.id, replyTo);
      threadDrafts.set(this.#thread.id, { body });
    });
    this.#composer.addEventListener("composer-typing", () => typingSender.typed(this.#thread.room));
    attachments.addPlace(
      placeIn(this.#element, this.#composer, () => this.#thread.room, this.#thread.id),
      { signal: this.#hasClosed.signal, dropText: () => gettext("Drop files to attach to your reply") },
    );
  }

  #watchModels() {
    const { answers, attachments, blocking, conversations, outbox, deletions, people, serverEvents, saved, socket, threadDrafts, threads } = this.#parts;
    const { signal } = this.#hasClosed;
    const redraw = () => this.#planDraw();
    const reload = () => this.#load().then(redraw, () => {});
    for (const each of [answers, attachments, outbox, deletions, saved]) each.addEventListener("change", redraw, { signal });
    threads.addEventListener("change", () => this.#drawFollowing(), { signal });
    const syncDraft = ({ detail: { room: thread, draft, isConflict } }) => {
      if (thread === this.#thread.id) this.#composer.syncDraft({ ...draft, replyTo: this.#draft.replyTo }, isConflict);
    };
    threadDrafts.addEventListener("change", syncDraft, { signal });
    document.addEventListener("visibilitychange", () => this.#markRead(), { signal });
    serverEvents.addEventListener("synced", reload, { signal });
    serverEvents.addEventListener("applied", () => this.#drawSlowMode(), { signal });
    const hideBlocked = () => {
      this.#composer.removeQuoteOf((person) => people.isBlocked(person));
      reload();
    };
    blocking.addEventListener("change", hideBlocked, { signal });
    conversations.addEventListener("opened", () => this.#updateRights(), { signal });
    const updatePerson = ({ detail: event }) => {
      if (event.type !== "person.changed") return;
      this.#thread.updatePerson(people.get(event.person.id));
      redraw();
    };
    socket.addEventListener("event", updatePerson, { signal });
  }

  async #merge(messages) {
    if (this.#loading) this.#arrived.push(...messages);
    await preloadAttachments(messages);
    if (!this.#log) return;
    for (const message of messages) this.#composer.updateQuote(message);
    if (messages.filter((message) => this.#thread.merge(message)).length) this.#planDraw();
  }

  /** The conversation is reloaded when the user's role or the room has changed. */
  #updateRights() {
    const { current } = this.#parts.conversations;
    if (current?.room !== this.#thread.room) return;
    const couldPost = this.#thread.canPost;
    this.#thread.learnRights(current);
    if (couldPost !== current.canPost) this.#drawComposer();
    this.#planDraw();
  }

  /** Shows the field and, unless the user has gone elsewhere in the meantime, focuses it. On a touch screen, that would open the keyboard. */
  #showComposer() {
    this.#drawComposer();
    const isFree = document.activeElement === document.body || this.#element.closest("thread-panel").contains(document.activeElement);
    if (isFree && this.#composer.isOpen && matchMedia("(pointer: fine)").matches) this.#composer.focus();
  }

  #drawComposer() {
    const draft = this.#draft;
    const closed = this.#thread.canPost && this.#thread.replyTarget ? null : gettext("You can’t reply here.");
    this.#composer.show({ name: "", draft, closed, canJoin: false });
    this.#composer.querySelector("textarea").placeholder = gettext("Reply…");
    this.#drawSlowMode();
    this.#parts.attachments.draw();
  }

  #drawSlowMode() {
    this.#composer.slowMode = this.#roomView.slowModeOf(this.#thread.room);
  }

  get #draft() {
    const { id } = this.#thread;
    const quote = quotes.get(id) ?? null;
    return { body: this.#parts.threadDrafts.get(id).body, replyTo: this.#parts.people.isBlocked(quote?.sender) ? null : quote };
  }

  #take({ body, replyTo }) {
    if (!this.#thread.replyTarget) return {};
    const { room, id: thread } = this.#thread;
    const quote = this.#quoteOr(replyTo);
    return { ...this.#parts.attachments.take(room, { body, replyTo: quote }, thread), thread, replyTo: quote };
  }

  /** Returns the quote that the user chose or, by default, that of the thread's first message. */
  #quoteOr(replyTo) {
    return replyTo ?? quoteOf(this.#thread.replyTarget);
  }

  get #pending() {
    const { attachments, outbox, people } = this.#parts;
    const unsent = [...attachments.heldIn(this.#thread.room), ...outbox.inRoom(this.#thread.room)];
    return this.#thread.pendingIn(unsent.sort((a, b) => (a.at < b.at ? -1 : 1))).map((post) => ({ ...post, sender: people.me }));
  }

  /** Draws once before the next frame. */
  #planDraw() {
    if (this.#isDrawPlanned) return;
    this.#isDrawPlanned = true;
    requestAnimationFrame(() => {
      this.#isDrawPlanned = false;
      if (this.#element.isConnected) this.#draw();
    });
  }

  #draw() {
    const { people, saved, deletions, socket } = this.#parts;
    const { room } = this.#thread;
    const entries = this.#thread.entries(this.#pending, this.#parts.answers);
    for (const entry of entries) if (entry.message) entry.message = deletions.apply(entry.message);
    this.#log.draw(entries, {
      me: people.me.id,
      isLive: socket.state === "live",
      ...{ hasOlder: this.#thread.hasOlder, hasNewer: false, unread: 0, beginning: "", inviteUrl: null },
      roomTitle: (id) => this.#roomView.titleOf(id),
      isSaved: (id) => saved.has(id),
      threadOf: () => undefined,
      linkTo: ({ seq }) => (seq ? roomPath(room, seq) : null),
    });
  }
}
