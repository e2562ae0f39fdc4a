/** Formats room events, such as joins, renames and pins, as lines between the messages. */

import { dayKey } from "chatsite/format/dates.js";
import { formatList, gettext, ngettext } from "chatsite/i18n.js";

const NAMES = 2; // of a longer list, before "and 3 others"
const MEMBERSHIP = new Set(["joined", "added", "left", "removed"]);

/**
 * Returns a timeline's messages, and those being sent at their end, with the lines in their places. A line is {key, kind: "event",
 * at, text, seq}, where `seq` is the number of the message that was pinned, if this user can see it. Events of people for whom
 * `isBlocked(person)` is true are left out, as are those next to messages that aren't loaded.
 */
export function arrange(messages, timeline, isBlocked) {
  const isShown = ({ actor, subject }) => !isBlocked(actor) && !isBlocked(subject);
  const events = [...timeline.events.values()]
    .filter((event) => isLoaded(event, timeline) && isShown(event))
    .sort((a, b) => a.after_seq - b.after_seq || a.id - b.id);
  const seqOf = ({ message, message_seq: seq }) => {
    const isSeen = message && seq > timeline.clearedSeq && !isBlocked({ id: message.sender });
    return isSeen && !timeline.get(message.id)?.deleted_at ? seq : null;
  };
  const items = [];
  let next = 0;
  const addUntil = (isBefore) => {
    const start = next;
    while (next < events.length && isBefore(events[next])) next += 1;
    if (next > start) items.push(...linesOf(events.slice(start, next), seqOf));
  };
  for (const message of messages) {
    addUntil((event) => (message.seq ? event.after_seq < message.seq : new Date(event.at) < new Date(message.at)));
    items.push(message);
  }
  addUntil(() => true);
  return items;
}

function isLoaded({ after_seq: seq }, { first, last, hasOlder, hasNewer, clearedSeq }) {
  if (clearedSeq && seq <= clearedSeq) return false;
  return !(hasOlder && seq < first?.seq) && !(hasNewer && seq > last?.seq);
}

/** Joins and departures that follow each other on the same day share a line. */
function linesOf(events, seqOf) {
  const groups = [];
  for (const event of events) {
    const last = groups.at(-1)?.[0];
    const isSameGroup = last && isMembership(last) && isMembership(event) && dayKey(last.at) === dayKey(event.at);
    if (isSameGroup) groups.at(-1).push(event);
    else groups.push([event]);
  }
  return groups.map((group) => {
    const [first] = group;
    const text = isMembership(first) ? membershipText(group) : changeText(first);
    return { key: `event ${first.id}`, kind: "event", at: first.at, text, seq: seqOf(first) };
  });
}

function isMembership({ kind }) {
  return MEMBERSHIP.has(kind);
}

/** Returns a text such as "Ana, Bo, and 3 others joined · Mira left". */
function membershipText(events) {
  const groups = new Map();
  for (const event of events) {
    const key = event.kind === "added" ? `added ${event.actor?.id}` : event.kind;
    groups.set(key, [...(groups.get(key) ?? []), event]);
  }
  return [...groups.values()].map(groupText).join(" · ");
}

function groupText(events) {
  const [{ kind, actor }] = events;
  const people = [...new Map(events.map(({ subject }) => [subject?.id, nameOf(subject)])).values()];
  const [count, names] = [people.length, formatNames(people)];
  if (kind === "joined") return ngettext("%(names)s joined", "%(names)s joined", count, { names });
  if (kind === "left") return ngettext("%(names)s left", "%(names)s left", count, { names });
  if (kind === "removed") return ngettext("%(names)s was removed", "%(names)s were removed", count, { names });
  return gettext("%(name)s added %(names)s", { name: nameOf(actor), names });
}

function formatNames(names) {
  if (names.length <= NAMES + 1) return formatList(names);
  const others = names.length - NAMES;
  return formatList([...names.slice(0, NAMES), ngettext("%(count)s other", "%(count)s others", others)]);
}

function changeText({ kind, actor, text }) {
  const name = actor ? nameOf(actor) : gettext("An admin");
  switch (kind) {
    case "renamed":
      return gettext("%(name)s renamed the room to “%(room)s”", { name, room: text });
    case "topic":
      if (!text) return gettext("%(name)s removed the topic", { name });
      return gettext("%(name)s changed the topic to “%(topic)s”", { name, topic: text });
    case "visibility":
      if (text === "private") return gettext("%(name)s made the room private", { name });
      return gettext("%(name)s made the room public", { name });
    case "archived":
      return gettext("%(name)s archived the room", { name });
    case "unarchived":
      return gettext("%(name)s unarchived the room", { name });
    case "converted":
      return gettext("%(name)s made this conversation the private room “%(room)s”", { name, room: text });
    case "pinned":
      return gettext("%(name)s pinned a message", { name });
    default:
      return gettext("%(name)s changed the room", { name }); // by a newer version of the server
  }
}

function nameOf(person) {
  return person?.name ?? gettext("Someone");
}
