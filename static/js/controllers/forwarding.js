/** Forwards a message: the quick switcher asks where to, and a dialog for a comment. */

import { personEntry, roomEntry } from "chatsite/controllers/destinations.js";
import { attempt, promptFor } from "chatsite/elements/dialogs.js";
import { notify } from "chatsite/elements/notices.js";
import { excerptOf } from "chatsite/format/excerpt.js";
import { forwardedBody } from "chatsite/format/forwarded.js";
import { roomPath } from "chatsite/format/paths.js";
import { gettext } from "chatsite/i18n.js";
import { isConversation, roomTitle } from "chatsite/model/rooms.js";
import { findRooms, suggestRooms } from "chatsite/model/switcher.js";
import { getJson, post } from "chatsite/net/http.js";

const PAUSE = 120; // in milliseconds, while someone is typing
const EXCERPT_LENGTH = 500;
const COMMENT_LENGTH = 2000;

/** `origin` is the message's room, and `limit` the most characters of a message. `send({room, body})` posts it. */
export function forward(message, { switcher, sections, presence, rooms, origin, limit, send }) {
  const finish = (target) => attempt(() => askAndSend(message, { target, origin, limit, send }));
  const openDirect = async (person) => {
    const { room } = await (await post(`/direct/${person.id}/`)).json();
    rooms.merge(room);
    return room;
  };
  new DestinationPicker(switcher, {
    ...{ sections, presence, origin },
    chooseRoom: finish,
    choosePerson: (person) => attempt(async () => finish(await openDirect(person))),
  }).open();
}

class DestinationPicker {
  #switcher;
  #sections;
  #presence;
  #origin;
  #chooseRoom;
  #choosePerson;
  #people = [];
  #timer;
  #onQuery = () => this.#changeQuery();

  constructor(switcher, { sections, presence, origin, chooseRoom, choosePerson }) {
    this.#switcher = switcher;
    this.#sections = sections;
    this.#presence = presence;
    this.#origin = origin;
    this.#chooseRoom = chooseRoom;
    this.#choosePerson = choosePerson;
  }

  open() {
    this.#switcher.addEventListener("switcher-query", this.#onQuery);
    this.#switcher.addEventListener("switcher-closed", () => this.#end(), { once: true });
    this.#switcher.open({ purpose: gettext("Forward to a room or person") });
  }

  #end() {
    clearTimeout(this.#timer);
    this.#switcher.removeEventListener("switcher-query", this.#onQuery);
  }

  #changeQuery() {
    const { query } = this.#switcher;
    this.#people = [];
    clearTimeout(this.#timer);
    if (query) this.#timer = setTimeout(() => this.#search(query), PAUSE);
    this.#draw({ isComplete: !query });
  }

  async #search(query) {
    const found = await getJson(`/people/search/?q=${encodeURIComponent(query)}`).catch((error) => ({ people: [], problem: error.message }));
    if (query !== this.#switcher.query || !this.#switcher.isOpen) return;
    this.#people = found.people;
    this.#draw({ problem: found.problem });
  }

  #draw(state) {
    const { query } = this.#switcher;
    const rooms = this.#sections.everything.filter(canPostIn);
    const partners = new Set(rooms.map(({ peer }) => peer?.id));
    const { unread, recent } = suggestRooms(rooms, this.#sections.visited, this.#origin.id);
    const found = query ? findRooms(rooms, query, this.#sections.visited) : [...unread, ...recent];
    const people = this.#people.filter(({ id }) => !partners.has(id));
    const presence = this.#presence;
    const groups = [
      { title: gettext("Your conversations"), entries: found.map((room) => roomEntry(room, { presence, choose: () => this.#chooseRoom(room) })) },
      { title: gettext("People"), entries: people.map((each) => personEntry(each, { presence, choose: () => this.#choosePerson(each) })) },
    ];
    this.#switcher.draw(groups, state);
  }
}

async function askAndSend(message, { target, origin, limit, send }) {
  const name = roomTitle(target);
  const comment = await promptFor({
    title: gettext("Forward to %(name)s", { name }),
    text: [warningOf(origin, target, name), filesText(message)].filter(Boolean).join(" "),
    field: gettext("Comment (optional)"),
    limit: COMMENT_LENGTH,
    isOptional: true,
    action: gettext("Forward"),
    quote: excerptOf(message, EXCERPT_LENGTH),
  });
  if (comment === null) return;
  const room = isConversation(origin) ? null : roomTitle(origin);
  const link = location.origin + roomPath(origin.id, message.seq);
  send({ room: target.id, body: forwardedBody(message, { room, link, comment, limit }) });
  notify(gettext("Forwarded to %(name)s", { name }), "", { action: { text: gettext("Show"), href: roomPath(target.id) } });
}

function warningOf(origin, target, name) {
  if (origin.id === target.id || origin.kind === "public") return "";
  const values = { name };
  if (target.kind === "public")
    return isConversation(origin)
      ? gettext("This is a direct message. Everyone on this site will be able to read its text in %(name)s.", values)
      : gettext("This message is from a private room. Everyone on this site will be able to read its text and the room’s name in %(name)s.", values);
  return isConversation(origin)
    ? gettext("This is a direct message. Everyone in %(name)s will be able to read its text.", values)
    : gettext("This message is from a private room. Everyone in %(name)s will be able to read its text and the room’s name.", values);
}

function filesText({ attachments = [] }) {
  return attachments.length ? gettext("Its files aren’t forwarded. A link leads to them, for those who may see the original message.") : "";
}

/** The server decides, but what it would refuse isn't offered. */
function canPostIn({ archived_at: archived, is_read_only: isReadOnly, role }) {
  return Boolean(role) && !archived && !(isReadOnly && role === "member");
}
