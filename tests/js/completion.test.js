import assert from "node:assert/strict";
import { test } from "node:test";

import { findShortCode, findTrigger } from "chatsite/format/completion_trigger.js";
import { GroupsSource, PeopleSource, RoomsSource, startsWords } from "chatsite/model/completion_sources.js";

const triggerOf = (text) => findTrigger(text, text.length);
const briefly = (text) => {
  const trigger = triggerOf(text);
  return trigger && `${trigger.kind}${trigger.query}`;
};

test("people, rooms, emoji and commands are completed from their sign on", () => {
  const found = {
    "@": "@",
    "Hi @an": "@an",
    "Hi (@ana ma": "@ana ma",
    "@Ana María L": "@Ana María L",
    "@o’bri": "@o’bri",
    "see #des": "#des",
    "see #": "#",
    "see #design-team": "#design-team",
    "so :ta": ":ta",
    ":+1": ":+1",
    "🎉:par": ":par",
    "/": "/",
    "/BL": "/BL",
  };
  for (const [text, expected] of Object.entries(found)) assert.equal(briefly(text), expected, text);
  assert.deepEqual(triggerOf("one\ntwo @b"), { kind: "@", start: 8, query: "b" });
});

test("addresses, headings, smileys, times, and what is longer than a name are left alone", () => {
  const texts = ["ana@example", "# ", "#", "x\n#", "## a", "a#b", ":)", ":D", ":-D", ":-)", ":))", ":DD", ":xD", ":oO", ":t", "12:30", "https://ex"];
  texts.push("@ana  ", "@a b c d", "@ x", " /who", "/who x", "a /w", "@ana, he", "&#39", "std::cout", "::before", "path/:id", "");
  for (const text of texts) assert.equal(briefly(text), null, text);
});

test("nothing is completed in code", () => {
  for (const text of ["`@an", "```\n@an", "```\n:ta", "a `b` `#c"]) assert.equal(briefly(text), null, text);
  assert.equal(briefly("`code` @an"), "@an");
  assert.equal(findShortCode("`:tada:", 7), null);
});

test("only what is before the caret counts", () => {
  assert.deepEqual(findTrigger("Hi @ana and so on", 6), { kind: "@", start: 3, query: "an" });
  assert.equal(findTrigger("Hi @ana", 2), null);
});

test("complete short codes are found", () => {
  assert.deepEqual(findShortCode("so :tada:", 9), { start: 3, code: "tada" });
  assert.deepEqual(findShortCode(":+1:", 4), { start: 0, code: "+1" });
  for (const text of [":tada", "12:30:", "a:b:", "::", "http://a:80:"]) assert.equal(findShortCode(text, text.length), null, text);
});

test("words match from their start, whatever the case and the accents", () => {
  for (const query of ["ana ma", "MARIA ana", "lukasz", "", "ana.b", "中"]) {
    assert.ok(startsWords(query, "Ana María Łukasz 大中", "ana.brandt"), query);
  }
  for (const query of ["na", "ana x", "rand"]) assert.ok(!startsWords(query, "Ana María", "ana.brandt"), query);
});

const person = (id, name, fields) => ({ id, name, username: name.toLowerCase().replace(" ", "."), ...fields });

function setUpPeople(answers, fields = {}) {
  const requests = [];
  const state = { room: 7, now: 0, online: true, recent: [], blocked: new Set(), ...fields };
  const source = new PeopleSource({
    recent: () => state.recent,
    room: () => state.room,
    isBlocked: ({ id }) => state.blocked.has(id),
    isOnline: () => state.online,
    now: () => state.now,
    fetch: async (url) => {
      const query = new URL(url, "http://site").searchParams.get("q");
      requests.push(url);
      return { people: answers[query] ?? [] };
    },
  });
  return { source, state, requests };
}

test("those who posted last come first, and the server says who isn't in the room", async () => {
  const [ana, andy, anton] = [person(1, "Ana Sol"), person(2, "Andy Lee"), person(3, "Anton Berg")];
  const answers = { an: [{ ...anton, is_member: true }, { ...ana, is_member: false }, { ...andy, is_member: false }] };
  const { source, requests } = setUpPeople(answers, { recent: [ana, person(4, "Bo Lund"), person(5, "Gone", { username: "deleted:5" })] });
  assert.deepEqual(source.find("an").people.map(({ name }) => name), ["Ana Sol"]);
  await source.load("an");
  const { people, isFinal } = source.find("an");
  assert.deepEqual(people.map(({ name, is_member: isMember }) => [name, isMember]), [["Ana Sol", false], ["Anton Berg", true], ["Andy Lee", false]]);
  assert.ok(isFinal);
  assert.deepEqual(requests, ["/people/search/?q=an&room=7&members=first"]);
  assert.deepEqual(source.find("").people.map(({ name }) => name), ["Ana Sol", "Bo Lund"]);
});

test("a complete answer serves what continues the query, and a full one doesn't", async () => {
  const many = Array.from({ length: 20 }, (_, id) => person(id + 10, `Kim ${id}`));
  const { source } = setUpPeople({ an: [person(1, "Ana Sol")], k: many });
  await source.load("an");
  assert.deepEqual(source.find("ana s"), { people: [person(1, "Ana Sol")], isFinal: true });
  assert.deepEqual(source.find("anx"), { people: [], isFinal: true });
  assert.equal(source.find("a").isFinal, false);
  await source.load("k");
  assert.equal(source.find("ki").isFinal, false);
  await source.load("");
  assert.equal(source.find("x").isFinal, false, "suggestions aren't all people");
});

test("answers are forgotten in another room and after a minute", async () => {
  const { source, state } = setUpPeople({ an: [person(1, "Ana Sol")] });
  for (const change of [{ room: 8 }, { now: 61_000 }]) {
    await source.load("an");
    assert.ok(source.find("an").isFinal);
    Object.assign(state, change);
    assert.deepEqual(source.find("an"), { people: [], isFinal: false });
  }
});

test("blocked people are left out, and nothing is asked without a connection", async () => {
  const { source, state } = setUpPeople({ b: [person(1, "Bo Lund"), person(2, "Ben Lee")] }, { recent: [person(1, "Bo Lund")] });
  state.blocked.add(1);
  await source.load("b");
  assert.deepEqual(source.find("b").people.map(({ id }) => id), [2]);
  state.online = false;
  assert.ok(source.find("c").isFinal);
});

test("own rooms come before those to join", async () => {
  const own = [
    { id: 1, kind: "public", name: "Design Team", slug: "design-team", role: "member", last_at: "2026-01-01" },
    { id: 2, kind: "private", name: "Désign", slug: "désign", role: "owner", last_at: "2026-02-01" },
    { id: 3, kind: "direct", name: "Desi", slug: "", role: "member" },
    { id: 4, kind: "public", name: "Design old", slug: "design-old", role: "member", archived_at: "2026-01-01" },
  ];
  const rooms = [{ id: 5, kind: "public", name: "Designers", slug: "designers", role: null }, { ...own[0], role: null }];
  const source = new RoomsSource({ rooms: () => own, isOnline: () => true, fetch: async () => ({ rooms }), now: () => 0 });
  await source.load("des");
  assert.deepEqual(source.find("des").rooms.map(({ name }) => name), ["Désign", "Design Team", "Designers"]);
  assert.deepEqual(source.find("design-t").rooms.map(({ name }) => name), ["Design Team"]);
  assert.ok(source.find("").isFinal);
});

test("groups come from the server, for the room that is open, and only once something is typed", async () => {
  const requests = [];
  let room = 7;
  const fetch = async (url) => {
    requests.push(url);
    return { groups: [{ id: 1, name: "ops", title: "Operations" }, { id: 2, name: "x", title: "Big operations" }] };
  };
  const source = new GroupsSource({ room: () => room, isOnline: () => true, fetch });
  await source.load("");
  assert.deepEqual([source.find(""), requests], [{ groups: [], isFinal: true }, []]);
  assert.equal(source.find("op").isFinal, false);
  await source.load("op");
  assert.deepEqual(source.find("ope").groups.map(({ id }) => id), [1, 2]);
  assert.deepEqual(source.find("big").isFinal, false);
  assert.deepEqual(requests, ["/groups/search/?q=op&room=7"]);
  room = 8;
  assert.deepEqual(source.find("ope").groups, []);
});
