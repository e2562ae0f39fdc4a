/** What the server tells, event by event, and which part of the page it concerns. */

import { ageNotices, ask, notify } from "chatsite/elements/dialogs.js";
import { formatDateTime } from "chatsite/format/dates.js";
import { roomName } from "chatsite/model/rooms.js";

const LEFT = {
  left: (name) => `You left ${name}.`,
  removed: (name) => `You were removed from ${name}.`,
  deleted: (name) => `${name} was deleted.`,
  blocked: () => "", // who blocked them is told already
  banned: (name, { reason, until }) =>
    `You were banned from ${name} ${until ? `until ${formatDateTime(until)}` : "permanently"}.${reason ? ` Reason: ${reason}` : ""}`,
};
const LONG = 60_000;
const LOG_OUT = {
  title: "Log out with unsent messages?",
  text: "You have messages or files that haven’t been sent. They’ll be kept in this browser and sent the next time you log in here. On a shared computer, send or discard them first.",
  yes: "Log out",
};

export function listen(chat) {
  const hearing = new Hearing(chat);
  ageNotices(LONG);
  chat.socket.addEventListener("event", ({ detail: event }) => {
    hearing[event.type]?.(event);
    chat.redraw();
  });
  chat.socket.addEventListener("state", ({ detail }) => {
    if (detail.state !== "live") chat.outbox.pause();
    else chat.showFacts();
    chat.redraw();
  });
  chat.sidebar.querySelector("form").addEventListener("submit", (event) => logOut(event, chat));
  chat.socket.addEventListener("loggedout", () => {
    location.assign(`${chat.page.urls.login}?next=${encodeURIComponent(location.pathname)}&ended`);
  });
}

/** What is not sent yet waits in the browser for the same person, and others may come to it meanwhile. */
async function logOut(event, { outbox, files, socket }) {
  const form = event.target;
  if (!outbox.isEmpty || !files.isEmpty) {
    event.preventDefault();
    if (!(await ask(LOG_OUT))) return;
    form.submit();
  }
  socket.close();
}

/** One method per type of event; a type that is not here is one for a later version of the page. */
class Hearing {
  #chat;

  constructor(chat) {
    this.#chat = chat;
  }

  async welcome({ user, rooms, muted, blocked, ...presence }) {
    const chat = this.#chat;
    chat.rooms.muted = new Set(muted);
    const open = chat.currentRoom;
    chat.rooms.replace(rooms);
    chat.presence.replace(presence);
    chat.updatePerson(user);
    chat.idleDetector.resend();
    for (const { peer } of rooms) chat.people.upsert(peer);
    chat.tellView();
    if (open && !chat.rooms.get(open.id)) this.#missed(open);
    else this.#compare(open);
    chat.quiet.compare(blocked);
    await chat.conversations.syncAll();
    chat.outbox.resume();
    chat.takeOver();
    chat.reader.flush();
    chat.seen();
  }

  "message.posted"(event) {
    const { room, message } = event;
    this.#line(room, message);
    this.#chat.rooms.addPost(room, message);
    this.#chat.typing.remove(room, message.sender.id);
    this.#chat.conversations.applyEvent(event);
  }

  "message.changed"(event) {
    this.#chat.conversations.applyEvent(event);
  }

  "room.version"(event) {
    this.#chat.conversations.applyEvent(event);
  }

  "room.changes"(event) {
    this.#chat.conversations.applyEvent(event);
  }

  "room.joined"({ room }) {
    const chat = this.#chat;
    chat.rooms.merge(room);
    chat.people.upsert(room.peer);
    if (room.id !== chat.current?.room) return chat.conversations.discard(room.id);
    if (!chat.current.isMember) chat.conversations.reload(chat.current);
    chat.facts.stale();
  }

  "room.updated"({ room }) {
    const chat = this.#chat;
    const before = { ...chat.rooms.get(room.id) };
    if (!before.id) return;
    chat.rooms.merge(room);
    if (room.id === chat.current?.room) chat.facts.stale();
    if (before.slow_seconds !== room.slow_seconds) chat.outbox.retryNow(room.id);
    this.#compare(before);
  }

  "room.left"({ room: id, reason, ban }) {
    const chat = this.#chat;
    const room = chat.rooms.get(id);
    chat.rooms.remove(id);
    chat.conversations.discard(id);
    chat.files.removeRoom(id);
    const words = (LEFT[reason] ?? LEFT.left)(room ? roomName(room) : "the room", ban);
    if (ban) notify(words, "is-error", LONG);
    if (chat.current?.room !== id) return;
    if (words && !ban) notify(words);
    chat.goElsewhere();
  }

  /** Somebody else is no longer in the room. */
  "room.parted"({ room, user }) {
    const chat = this.#chat;
    chat.typing.remove(room, user);
    if (room === chat.current?.room) chat.facts.stale(chat.presence.count);
  }

  "room.read"({ room, seq }) {
    this.#chat.rooms.markRead(room, seq);
  }

  "room.typing"({ room, user, person = this.#chat.people.get(user) }) {
    if (person.id !== this.#chat.me.id) this.#chat.typing.add(room, person);
  }

  "person.changed"({ person }) {
    this.#chat.updatePerson(person);
  }

  "report.settled"({ detail }) {
    notify(detail, "", LONG);
  }

  warning({ detail }) {
    notify(detail, "is-warning", LONG);
  }

  presence(event) {
    this.#chat.presence.change(event);
    this.#chat.facts.stale(this.#chat.presence.count);
  }

  "person.hidden"(event) {
    this.#chat.quiet.heard(event, true);
  }

  "person.shown"(event) {
    this.#chat.quiet.heard(event, false);
  }

  "people.muted"({ users, rooms }) {
    this.#chat.rooms.muted = new Set(users);
    this.#chat.takeRooms(rooms);
  }

  "server.closing"() {
    this.#chat.outbox.pause();
    this.#chat.line.closing();
  }

  /** Who looks elsewhere finds the line of what is new where they left off. */
  #line(id, message) {
    const { current, rooms, me } = this.#chat;
    if (current?.room !== id || !document.hidden || message.sender.id === me.id) return;
    if (!rooms.get(id)?.unread) current.timeline.newAfter = message.seq - 1;
  }

  /** The open room is not in the list: only looked at from outside, or taken away while the line was down. */
  #missed(room) {
    if (this.#chat.current.isMember) this["room.left"]({ room: room.id, reason: "removed" });
    else this.#chat.rooms.merge(room);
  }

  /** A change of what one may do: the server knows best what that means for a held room. */
  #compare(before) {
    const { rooms, conversations } = this.#chat;
    const after = before && rooms.get(before.id);
    const held = before && conversations.get(before.id);
    if (!after || !held) return;
    const told = ({ role, archived_at: archived, is_read_only: readOnly }) => `${role} ${Boolean(archived)} ${Boolean(readOnly)}`;
    if (told(after) !== told(before)) conversations.reload(held);
  }
}
