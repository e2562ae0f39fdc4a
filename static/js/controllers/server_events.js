/** Applies the server's events to the models. */

import { LONG_NOTICE, notify, UNTIL_DISMISSED } from "chatsite/elements/notices.js";
import { Reminders } from "chatsite/controllers/reminders.js";
import { formatDateTime } from "chatsite/format/dates.js";
import { roomPath } from "chatsite/format/paths.js";
import { gettext } from "chatsite/i18n.js";
import { keepOwnReactions, setOwnReactions } from "chatsite/model/reactions.js";
import { peopleIn, roomName } from "chatsite/model/rooms.js";

const REPORTS = "/reports/";

/**
 * Has a method or arrow function for each type of event. Types that this version of the page doesn't know are ignored.
 * Emits "applied" after each event, "welcome" once a new connection's state is applied, "synced" once messages that were
 * missed have arrived, "room-left" ({room}, where `room` is the id), "marked-unread" ({room}, the id), "read" when messages were read
 * in another tab, "notification" (the event), "message-deleted" ({room, seq}), "person-hidden" (the event), "command-answer" and
 * "command-withdrawn" (the events), and "sound-chosen" ({sound}).
 */
export class ServerEvents extends EventTarget {
  #rooms;
  #people;
  #presence;
  #typing;
  #conversations;
  #outbox;
  #blocking;
  #roomInfo;
  #readMarker;
  #sections;
  #saved;
  #draftSync;
  #reminders = new Reminders();
  #banNotices = new Map(); // by room

  constructor({ socket, rooms, people, presence, typing, conversations, outbox, blocking, roomInfo, readMarker, sections, saved, draftSync }) {
    super();
    this.#rooms = rooms;
    this.#people = people;
    this.#presence = presence;
    this.#typing = typing;
    this.#conversations = conversations;
    this.#outbox = outbox;
    this.#blocking = blocking;
    this.#roomInfo = roomInfo;
    this.#readMarker = readMarker;
    this.#sections = sections;
    this.#saved = saved;
    this.#draftSync = draftSync;
    socket.addEventListener("event", ({ detail: event }) => {
      this[event.type]?.(event);
      this.dispatchEvent(new Event("applied"));
    });
  }

  "room.version" = (event) => this.#conversations.applyEvent(event);
  "room.event" = (event) => this.#conversations.addEvents(event);
  "room.events" = (event) => this.#conversations.replaceEvents(event);
  "person.changed" = ({ person }) => this.#updatePerson(person);
  "person.shown" = (event) => this.#blocking.applyEvent(event, false);
  "draft.changed" = ({ draft }) => this.#draftSync.learn(draft);
  "sections.changed" = ({ sections }) => (this.#sections.own = sections);
  "message.saved" = ({ message }) => this.#saved.set(message, true);
  "reminder.due" = ({ reminder }) => this.#reminders.show(reminder);
  "reminder.dismissed" = ({ message }) => this.#reminders.close(message);
  "command.answer" = (event) => this.#emit("command-answer", event);
  "command.withdrawn" = (event) => this.#emit("command-withdrawn", event);
  "server.closing" = () => this.#outbox.pause();
  notification = (event) => this.#emit("notification", event);
  "notifications.changed" = ({ notifications }) => this.#emit("sound-chosen", notifications);

  async welcome({ user, rooms, sections, drafts, muted, blocked, reminders, notifications, ...presence }) {
    if (notifications) this.#emit("sound-chosen", notifications);
    this.#reminders.load(reminders).catch(() => {});
    this.#rooms.muted = new Set(muted);
    this.#sections.own = sections;
    const open = this.#conversations.currentRoom;
    this.#conversations.replaceRooms(rooms);
    this.#presence.replace(presence);
    this.#updatePerson(user);
    for (const room of rooms) this.#learnPeople(room);
    this.dispatchEvent(new Event("welcome"));
    for (const { id, last_read_seq: seq, marked_unread_at: markedAt } of rooms) this.#learnMarker(id, seq, markedAt);
    if (open && !this.#rooms.get(open.id)) this["room.left"]({ room: open.id, reason: "removed" });
    else this.#reloadIfRightsChanged(open);
    this.#blocking.replaceBlocked(blocked);
    this.#draftSync.replace(drafts, rooms.map(({ id }) => id));
    await this.#conversations.syncAll();
    this.dispatchEvent(new Event("synced"));
  }

  "message.posted"(event) {
    const { room, message } = event;
    this.#markNewInHiddenTab(room, message);
    this.#rooms.addPost(room, message, { isLive: true });
    this.#typing.remove(room, message.sender.id);
    this.#conversations.applyEvent(event);
  }

  "message.changed"(event) {
    this.#keepOwnReactions(event.room, event.message);
    this.#noteDeletion(event.room, event.message);
    this.#rooms.noteMention(event.room, event.message);
    this.#conversations.applyEvent(event);
  }

  "reactions.own"({ room, message: id, emoji }) {
    const message = this.#conversations.get(room)?.timeline.get(id);
    if (message) setOwnReactions(message, emoji);
  }

  "person.hidden"(event) {
    this.#blocking.applyEvent(event, true);
    this.#reminders.closeWhere(({ sender }) => sender.id === event.user);
    this.#emit("person-hidden", event);
  }

  "message.unsaved"({ message }) {
    this.#saved.set(message, false);
    this.#reminders.close(message);
  }

  "room.read"({ room, seq }) {
    this.#readMarker.learn(room, seq);
    this.#rooms.markRead(room, seq);
    this.#emit("read");
  }

  "room.unread"({ room: id, seq, marked_unread_at: markedAt, mention_seqs: mentions }) {
    const room = this.#rooms.get(id);
    if (!room) return;
    const timeline = this.#conversations.get(id)?.timeline;
    const all = Math.max(0, room.last_seq - seq + 1);
    this.#rooms.markUnread(id, seq, timeline?.countFrom(seq, this.#rooms.muted) ?? all, mentions);
    if (timeline) timeline.newAfter = seq - 1;
    this.#learnMarker(id, seq - 1, markedAt);
  }

  "room.changes"(event) {
    for (const message of event.messages) {
      this.#keepOwnReactions(event.room, message);
      this.#rooms.addPost(event.room, message);
      this.#noteDeletion(event.room, message);
    }
    this.#conversations.applyEvent(event);
  }

  "room.joined"({ room, added_by: adder }) {
    const { current } = this.#conversations;
    this.#rooms.merge(room);
    this.#banNotices.get(room.id)?.remove();
    if (adder) {
      const text = gettext("%(name)s added you to %(room)s.", { name: adder.name, room: roomName(room) });
      notify(text, "", { duration: LONG_NOTICE, action: { text: gettext("Open room"), href: roomPath(room.id) } });
    }
    this.#learnPeople(room);
    if (room.id !== current?.room) return this.#conversations.discard(room.id);
    if (!current.isMember) this.#conversations.reload(current);
    this.#roomInfo.refresh();
  }

  "room.updated"({ room }) {
    const before = { ...this.#rooms.get(room.id) };
    if (!before.id) return;
    this.#rooms.merge(room);
    if (room.id === this.#conversations.current?.room) this.#roomInfo.refresh();
    if (before.slow_seconds !== room.slow_seconds) this.#outbox.retryNow(room.id);
    this.#reloadIfRightsChanged(before);
  }

  "room.left"({ room: id, reason, ban }) {
    const room = this.#rooms.get(id);
    const { current } = this.#conversations;
    const isOpen = current?.room === id;
    if (ban && !room && !isOpen) return; // the user isn't in the room
    this.#rooms.remove(id);
    this.#conversations.discard(id);
    const isPreview = isOpen && !current.isMember;
    const text = roomLeftText(isPreview && reason === "removed" ? "" : reason, room ? roomName(room) : gettext("the room"), ban);
    if (ban) this.#banNotices.set(id, notify(text, "is-error", { duration: UNTIL_DISMISSED }));
    else if (isOpen && reason !== "blocked") notify(text); // blocking shows its own notice
    this.#reminders.refresh().catch(() => {});
    this.#emit("room-left", { room: id });
  }

  /** Another user has left the room. */
  "room.parted"({ room, user }) {
    this.#typing.remove(room, user);
    if (room === this.#conversations.current?.room) this.#roomInfo.refresh(this.#presence.count);
  }

  "room.typing"({ room, user, person = this.#people.get(user) }) {
    if (person.id !== this.#people.me.id) this.#typing.add(room, person);
  }

  presence(event) {
    this.#presence.change(event);
    this.#roomInfo.refresh(this.#presence.count);
  }

  "report.settled"({ detail }) {
    notify(detail, "", { duration: LONG_NOTICE, action: { text: gettext("Your reports"), href: REPORTS } });
  }

  warning({ room, seq, detail }) {
    const action = seq ? { text: gettext("Show message"), href: roomPath(room, seq) } : null;
    notify(detail, "is-warning", { duration: UNTIL_DISMISSED, action });
  }

  "people.muted"({ users, rooms }) {
    this.#rooms.muted = new Set(users);
    this.#conversations.replaceRooms(rooms);
  }

  #emit(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }

  #noteDeletion(room, { id, seq, deleted_at: at }) {
    if (!at) return;
    this.#reminders.close(id);
    this.#emit("message-deleted", { room, seq });
  }

  #keepOwnReactions(room, message) {
    const known = this.#conversations.get(room)?.timeline.get(message.id);
    keepOwnReactions(message, known, this.#people.me.id);
  }

  #updatePerson(person) {
    this.#people.upsert(person);
    this.#rooms.updatePerson(person);
    this.#conversations.updatePerson(this.#people.get(person.id));
    if (this.#roomInfo.includes(person.id)) this.#roomInfo.refresh();
  }

  #learnPeople(room) {
    for (const person of [room.peer, ...peopleIn(room)]) this.#people.upsert(person);
  }

  #learnMarker(room, seq, markedAt) {
    const isBack = this.#readMarker.learn(room, seq, markedAt);
    if (isBack) this.#emit("marked-unread", { room });
  }

  /** In a hidden tab, draws the "New messages" line where the user stopped reading. */
  #markNewInHiddenTab(id, { seq, sender }) {
    const { current } = this.#conversations;
    if (current?.room !== id || !document.hidden || sender.id === this.#people.me.id) return;
    if (!this.#rooms.get(id)?.unread) current.timeline.newAfter = seq - 1;
  }

  /** Reloads a loaded conversation if a role or setting has changed, because only the server knows the effect. */
  #reloadIfRightsChanged(before) {
    const after = before && this.#rooms.get(before.id);
    const conversation = before && this.#conversations.get(before.id);
    if (!after || !conversation) return;
    const rights = ({ role, archived_at: archived, is_read_only: readOnly }) => `${role} ${Boolean(archived)} ${Boolean(readOnly)}`;
    if (rights(after) !== rights(before)) this.#conversations.reload(conversation);
  }
}

function roomLeftText(reason, name, ban) {
  if (reason === "banned") return bannedText(name, ban);
  if (reason === "removed") return gettext("You were removed from %(name)s.", { name });
  if (reason === "deleted") return gettext("%(name)s was deleted.", { name });
  if (reason === "private") return gettext("%(name)s is now private.", { name });
  if (!reason) return gettext("You no longer have access to %(name)s.", { name });
  return gettext("You left %(name)s.", { name });
}

function bannedText(name, { reason, until }) {
  const text = until
    ? gettext("You were banned from %(name)s until %(time)s.", { name, time: formatDateTime(until) })
    : gettext("You were banned from %(name)s permanently.", { name });
  return reason ? `${text} ${gettext("Reason: %(reason)s", { reason })}` : text;
}
