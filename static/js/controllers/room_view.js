/** The open room: its messages, composer, typing indicator and read marker. */

import { showBadge } from "chatsite/elements/site_badge.js";
import { gettext, ngettext } from "chatsite/i18n.js";
import { invitationsPath, roomPath } from "chatsite/format/paths.js";
import { isConversation, roomName, roomTitle, titleWithCount } from "chatsite/model/rooms.js";
import { typingText } from "chatsite/model/typing.js";
import { loadModule } from "chatsite/net/module_loader.js";

/** Emits "read" ({room, seq}) when messages have been read up to number `seq`. */
export class RoomView extends EventTarget {
  #log;
  #composer;
  #conversations;
  #rooms;
  #people;
  #typing;
  #outbox;
  /** `heldIn(room)` returns the messages that wait for their files. */
  #heldIn;
  #drafts;
  #deletions;
  #saved;
  #threads;
  #answers;
  #isLive;
  #siteName;
  /** The id of the open room while its messages stay unread, or null. */
  #keptUnread = null;
  /** The function that draws room events between the messages, once it is loaded. */
  #arrange;

  constructor({ log, composer, conversations, rooms, people, typing, typingSender, outbox, heldIn, drafts, deletions, ...page }) {
    super();
    this.#log = log;
    this.#composer = composer;
    this.#conversations = conversations;
    this.#rooms = rooms;
    this.#people = people;
    this.#typing = typing;
    this.#outbox = outbox;
    this.#heldIn = heldIn;
    this.#drafts = drafts;
    this.#deletions = deletions;
    this.#saved = page.saved;
    this.#threads = page.threads;
    this.#answers = page.answers;
    this.#isLive = page.isLive;
    this.#siteName = page.siteName;
    log.addEventListener("log-older", () => conversations.loadOlder().catch(() => {}));
    log.addEventListener("log-newer", () => conversations.loadNewer().catch(() => {}));
    log.addEventListener("log-seen", () => this.markRead());
    log.addEventListener("log-read", () => this.markAllRead());
    log.addEventListener("log-leave", () => composer.focus());
    for (const type of ["wheel", "touchmove"]) log.addEventListener(type, () => this.#continueReading(), { passive: true });
    log.addEventListener("click", ({ target }) => target.closest(".log__down, .log__unread") && this.#continueReading());
    composer.addEventListener("composer-send", () => this.#continueReading());
    composer.addEventListener("composer-draft", ({ detail }) => drafts.set(conversations.current.room, detail));
    composer.addEventListener("composer-typing", () => typingSender.typed(conversations.current.room));
    typing.addEventListener("change", () => this.#drawTyping());
    drafts.addEventListener("change", ({ detail: { room, draft, isConflict } }) => {
      if (room === conversations.current?.room) composer.syncDraft(draft, isConflict);
    });
  }

  /** Clears the log and shows the room's draft in the composer. Without an open room, shows how to open one. */
  open() {
    const room = this.#conversations.currentRoom;
    this.#keptUnread = null;
    this.#log.reset(room?.id ?? null);
    this.#log.querySelector(".empty").hidden = Boolean(room);
    this.#composer.hidden = !room;
    document.querySelector(".app").classList.toggle("is-empty", !room);
    if (room) this.#openComposer(room);
  }

  draw() {
    this.#drawLog();
    this.#composer.slowMode = this.slowModeOf(this.#conversations.current?.room);
    this.#drawTyping();
    this.drawTitle();
  }

  drawTitle() {
    const room = this.#conversations.currentRoom;
    showBadge(this.#rooms.unreadForMe, this.#rooms.unread > 0);
    document.title = titleWithCount(this.#rooms, room ? `${roomTitle(room)} · ${this.#siteName}` : this.#siteName);
  }

  /** Scrolls to message number `seq`. Returns whether it is loaded. */
  jumpTo(seq, options) {
    const message = this.#conversations.current.timeline.at(seq);
    return Boolean(message && this.#log.jumpTo(message.id, options));
  }

  /** Keeps messages unread that the user has marked as unread, until they open the room again, scroll or post. */
  keepUnread(room) {
    if (room === this.#conversations.current?.room) this.#keptUnread = room;
  }

  /** Marks the messages in view and those before them as read. */
  markRead() {
    const { current, currentRoom: room } = this.#conversations;
    if (!room || document.hidden || room.id === this.#keptUnread) return;
    const { timeline } = current;
    if (this.#log.isAtBottom) this.#markReadUpTo(timeline.readableEnd(room));
    else if (timeline.continuesFrom(room.last_read_seq)) this.#markReadUpTo(this.#log.seenSeq); // otherwise some weren't shown
  }

  markAllRead() {
    const { currentRoom: room } = this.#conversations;
    if (room) this.#markReadUpTo(room.last_seq);
  }

  #continueReading() {
    if (this.#keptUnread === null) return;
    this.#keptUnread = null;
    this.markRead();
  }

  #markReadUpTo(seq) {
    const { current, currentRoom: room } = this.#conversations;
    if (!current.isMember || seq <= room.last_read_seq) return;
    this.#rooms.markRead(room.id, seq);
    this.dispatchEvent(new CustomEvent("read", { detail: { room: room.id, seq } }));
  }

  #openComposer(room) {
    const { current } = this.#conversations;
    const draft = this.#drafts.get(room.id);
    this.#composer.show({ name: roomTitle(room), draft, closed: closedText(room, current), canJoin: !current.isMember });
    // On a touch screen, focusing the field would open the keyboard over the messages.
    if (matchMedia("(pointer: fine)").matches) this.#composer.focus();
    else document.querySelector(".room__title").focus();
  }

  #drawLog() {
    const { current, currentRoom } = this.#conversations;
    const { me } = this.#people;
    if (!current) return this.#log.draw([], { beginning: "", me: me.id });
    if (!currentRoom) return; // the room has just been left, and another one is about to open
    const { timeline, room } = current;
    this.#conversations.trim({ isAtEnd: this.#log.isAtBottom });
    const visibleReply = ({ reply_to: reply }) => (this.#people.isBlocked(reply?.sender) ? null : reply);
    const unsent = [...this.#heldIn(room), ...this.#outbox.inRoom(room)].sort((a, b) => (a.at < b.at ? -1 : 1));
    const pending = unsent.map((post) => ({ ...post, sender: me, reply_to: visibleReply(post) }));
    const arrange = this.#arrangementOf(timeline) ?? ((messages) => messages);
    const entries = timeline.entries(pending, (messages) => this.#answers.arrange(arrange(messages), { room }, timeline));
    for (const entry of entries) if (entry.message) entry.message = this.#deletions.apply(entry.message);
    this.#log.draw(entries, {
      me: me.id,
      isLive: this.#isLive(),
      hasOlder: timeline.hasOlder,
      hasNewer: timeline.hasNewer,
      unread: currentRoom.unread,
      readSeq: currentRoom.last_read_seq,
      beginning: beginningText(currentRoom, timeline.first),
      inviteUrl: canGrow(currentRoom) ? invitationsPath(room) : null,
      roomTitle: (id) => this.titleOf(id),
      isSaved: (id) => this.#saved.has(id),
      threadOf: (id) => this.#threads.get(id),
      linkTo: ({ seq }) => (seq ? roomPath(room, seq) : null),
    });
  }

  /** Returns a function that inserts the room events between the messages, or undefined if they aren't shown. */
  #arrangementOf(timeline) {
    if (!timeline.events.size || !this.#people.me.shows_room_events) return undefined;
    if (!this.#arrange) {
      this.#loadArrange();
      return undefined;
    }
    return (messages) => this.#arrange(messages, timeline, (person) => this.#people.isBlocked(person));
  }

  async #loadArrange() {
    const { arrange } = await loadModule("chatsite/model/room_events.js").catch(() => ({}));
    if (!arrange || this.#arrange) return;
    this.#arrange = arrange;
    this.#drawLog();
  }

  /** Returns the title of one of the user's rooms, or null. */
  titleOf(id) {
    const room = this.#rooms.get(id);
    return room ? roomTitle(room) : null;
  }

  /** Returns a text about a room's slow mode, or "" if it doesn't apply to this user. */
  slowModeOf(id) {
    const room = this.#rooms.get(id);
    return room ? slowModeText(room) : "";
  }

  #drawTyping() {
    const { current } = this.#conversations;
    const names = current ? this.#typing.inRoom(current.room).map(({ name }) => name) : [];
    document.querySelector(".typing").textContent = typingText(names);
  }
}

/** Returns why this user can't post in the room, or null if they can. */
function closedText(room, { isMember, canPost }) {
  if (!isMember) return gettext("You’re previewing this room. Join to post.");
  if (room.archived_at) return gettext("This room is archived and read-only.");
  if (canPost) return null;
  return room.is_read_only ? gettext("Only owners and moderators can post here.") : gettext("You can’t post here.");
}

function slowModeText({ slow_seconds: seconds, role }) {
  if (!seconds || role === "owner" || role === "moderator") return "";
  if (seconds % 3600 === 0)
    return ngettext("Slow mode: one message every hour", "Slow mode: one message every %(count)s hours", seconds / 3600);
  if (seconds % 60 === 0)
    return ngettext("Slow mode: one message every minute", "Slow mode: one message every %(count)s minutes", seconds / 60);
  return ngettext("Slow mode: one message every second", "Slow mode: one message every %(count)s seconds", seconds);
}

/** Returns whether the empty room waits for people, and isn't a conversation, archived or cleared. */
function canGrow(room) {
  return !isConversation(room) && !room.archived_at && !room.cleared_seq;
}

/** Returns the text above the first message, or the text shown if there are no messages. */
function beginningText(room, first) {
  if (first && room.cleared_seq) return gettext("You cleared the earlier history.");
  if (room.cleared_seq) return gettext("You’ve cleared the history. New messages will appear here.");
  if (!first) return gettext("No messages yet. Say hello!");
  if (isConversation(room)) return gettext("This is the beginning of your conversation with %(name)s.", { name: roomName(room) });
  return gettext("This is the beginning of %(room)s.", { room: roomTitle(room) });
}
