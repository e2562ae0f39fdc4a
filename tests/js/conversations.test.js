/** Conversations: which one is open, and that each ends equal to the server's, whatever the server does. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { Conversations } from "chatsite/model/conversations.js";
import { Rooms } from "chatsite/model/rooms.js";

const settle = async (count = 30) => {
  for (let i = 0; i < count; i += 1) await new Promise((resolve) => setImmediate(resolve));
};

/** A fake server with rooms whose messages have increasing versions, and a database that can be saved and restored. */
class Server {
  state = "live";
  rooms = new Map();
  errors = [];
  requests = [];
  eventRequests = [];
  maxChanges = Infinity;
  #clock = 0;
  #page;

  createRoom(id) {
    this.rooms.set(id, { id, name: `Room ${id}`, kind: "public", version: 0, messages: [] });
  }

  post(id, body) {
    const room = this.rooms.get(id);
    const [seq, at] = [room.messages.length + 1, this.#now()];
    room.version += 1;
    const message = { id: 1000 * id + seq, room: id, seq, version: room.version, at, body, sender: { id: 2 }, edited_at: null };
    room.messages.push(message);
    return { type: "message.posted", room: id, version: room.version, message: { ...message } };
  }

  edit(id, seq, body) {
    const room = this.rooms.get(id);
    room.version += 1;
    Object.assign(room.messages[seq - 1], { body, version: room.version, edited_at: this.#now() });
    return { type: "message.changed", room: id, version: room.version, message: { ...room.messages[seq - 1] } };
  }

  save() {
    return structuredClone(this.rooms);
  }

  restore(backup) {
    this.rooms = structuredClone(backup);
  }

  connect(page) {
    this.#page = page;
  }

  /** Records a room event, which isn't numbered. `replaces`: the ids of earlier ones. */
  happen(id, kind, replaces = []) {
    const room = this.rooms.get(id);
    room.last_event = (room.last_event ?? 0) + 1;
    const event = { id: room.last_event, kind, after_seq: room.messages.length, at: this.#now() };
    room.events = [...(room.events ?? []).filter((each) => !replaces.includes(each.id)), event];
    return { type: "room.event", room: id, events: [event], removed: replaces };
  }

  send = async (type, { rooms, events = {} }) => {
    assert.equal(type, "sync");
    this.requests.push(rooms);
    this.eventRequests.push(events);
    const error = this.errors.shift();
    if (error) throw Object.assign(new Error(error.code), error);
    for (const [id, since] of Object.entries(rooms)) this.#page.applyEvent(this.#changes(Number(id), since));
    for (const [id, since] of Object.entries(events)) this.#page.replaceEvents(this.#missed(Number(id), since));
    return { type: "ok" };
  };

  fetch = async (path) => {
    const error = this.errors.shift();
    if (error) throw Object.assign(new Error("refused"), error);
    return this.#conversation(Number(/\d+/.exec(path)[0]));
  };

  get list() {
    return [...this.rooms.values()].map((room) => describe(room));
  }

  #changes(id, since) {
    const { version, messages } = this.rooms.get(id);
    const event = { type: "room.changes", room: id, since, version, messages: [], more: false, reset: since > version };
    if (event.reset) return event;
    const changed = structuredClone(messages).filter((each) => each.version > since).sort((a, b) => a.version - b.version);
    event.messages = changed.slice(0, this.maxChanges);
    if (event.messages.length === changed.length) return event;
    return { ...event, more: true, version: event.messages.at(-1).version };
  }

  #missed(id, since) {
    const { last_event: lastEvent, events } = this.rooms.get(id);
    return { type: "room.events", room: id, since, last_event: lastEvent, events: events.filter((each) => each.after_seq >= since) };
  }

  #conversation(id) {
    const room = this.rooms.get(id);
    const rights = { is_member: true, can_post: true, can_moderate: false, can_pin: false };
    const [messages, events] = [structuredClone(room.messages), room.events ?? []];
    return { events, room: describe(room), ...rights, version: room.version, around: null, messages, has_older: false, has_newer: false };
  }

  #now() {
    this.#clock += 1000;
    return new Date(this.#clock).toISOString();
  }
}

function describe({ messages, events: _events, ...room }) {
  return { ...room, last_seq: messages.length, last_at: messages.at(-1)?.at ?? null, unread: 0 };
}

function createPage(server, more = {}) {
  const rooms = new Rooms(1, server.list);
  const options = { fetch: server.fetch, delay: () => new Promise((resolve) => setImmediate(resolve)), prepare: async () => {} };
  const page = new Conversations({ socket: server, rooms, me: 1, ...options, ...more });
  server.connect(page);
  return page;
}

/** Does what the page does when it receives `welcome`. */
async function reconnect(page, server) {
  page.replaceRooms(server.list);
  await page.syncAll();
  await settle();
}

const shown = (page) => page.current.timeline.messages.map(({ seq, body }) => `${seq} ${body}`);
const stored = (server, id) => server.rooms.get(id).messages.map(({ seq, body }) => `${seq} ${body}`);

const AFTER_RESTORE = {
  nothing: () => {},
  "fewer changes than were lost": (server) => server.post(7, "new 1"),
  "as many changes as were lost": (server) => ["new 1", "new 2", "new 3"].forEach((body) => server.post(7, body)),
  "more changes than were lost": (server) => ["new 1", "new 2", "new 3", "new 4"].forEach((body) => server.post(7, body)),
  "edits instead of posts": (server) => [1, 2, 1, 2, 3].forEach((seq) => server.edit(7, seq, `edited ${seq}`)),
};

for (const [what, change] of Object.entries(AFTER_RESTORE)) {
  test(`a page is equal to a reloaded one after the server was restored and then had ${what}`, async () => {
    const server = new Server();
    server.createRoom(7);
    const page = createPage(server);
    for (const body of ["one", "two", "three"]) server.post(7, body);
    await page.open(7);
    const backup = server.save();
    for (const body of ["lost 1", "lost 2", "lost 3"]) page.applyEvent(server.post(7, body));
    server.restore(backup);
    change(server);
    await reconnect(page, server);
    assert.deepEqual(shown(page), stored(server, 7));
    page.applyEvent(server.post(7, "live again"));
    await settle();
    assert.deepEqual(shown(page), stored(server, 7));
  });
}

test("a page is equal to a reloaded one after any sequence of changes, outages and restores", async () => {
  for (let seed = 1; seed <= 300; seed += 1) {
    let state = seed;
    const random = (limit) => (state = (state * 48271) % 2147483647) % limit;
    const server = new Server();
    server.createRoom(7);
    server.post(7, "first");
    let backup = server.save();
    const page = createPage(server);
    await page.open(7);
    let isConnected = true;
    const change = () => {
      const count = server.rooms.get(7).messages.length;
      const event = random(2) ? server.post(7, `post ${state}`) : server.edit(7, 1 + random(count), `edit ${state}`);
      if (isConnected) page.applyEvent(event);
    };
    for (let step = 0; step < 30; step += 1) {
      const action = random(10);
      if (action === 0) backup = server.save();
      else if (action === 1) {
        server.restore(backup); // the server must be stopped for this
        isConnected = false;
      } else if (action === 2) isConnected = false;
      else if (action === 3 && !isConnected) {
        server.post(7, `end ${state}`);
        isConnected = true;
        await reconnect(page, server);
      } else change();
    }
    server.post(7, "end");
    await reconnect(page, server);
    assert.deepEqual(shown(page), stored(server, 7), `seed ${seed}`);
  }
});

test("an ordinary reconnect loads only what was missed", async () => {
  const server = new Server();
  server.createRoom(7);
  const page = createPage(server);
  for (const body of ["one", "two", "three"]) server.post(7, body);
  await page.open(7);
  await reconnect(page, server);
  assert.deepEqual(server.requests, []);
  const opened = page.current;
  server.edit(7, 2, "two, edited");
  server.post(7, "four");
  server.edit(7, 1, "one, edited");
  await reconnect(page, server);
  assert.deepEqual(shown(page), stored(server, 7));
  assert.equal(page.current, opened);
});

test("missed changes arrive even if each reply has room for only one message", async () => {
  const server = new Server();
  server.createRoom(7);
  const page = createPage(server);
  server.post(7, "one");
  await page.open(7);
  for (const body of ["two", "three", "four"]) server.post(7, body);
  server.maxChanges = 1;
  await reconnect(page, server);
  assert.deepEqual(shown(page), stored(server, 7));
  assert.deepEqual(server.requests.map((rooms) => rooms[7]), [0, 1, 2, 3]);
});

test("a reply that only says that there are changes doesn't reload the room, and the changes are requested again", async () => {
  const server = new Server();
  server.createRoom(7);
  const page = createPage(server);
  server.post(7, "one");
  await page.open(7);
  const opened = page.current;
  server.post(7, "two");
  page.applyEvent({ type: "room.changes", room: 7, since: 0, version: 0, messages: [], more: true, reset: false });
  await settle();
  assert.deepEqual(server.requests, [{ 7: 0 }]);
  page.applyEvent({ type: "room.changes", room: 7, since: 1, version: 1, messages: [], more: true, reset: false });
  await settle();
  assert.deepEqual(shown(page), stored(server, 7));
  assert.equal(page.current, opened);
});

test("a reload or sync that fails is repeated until it succeeds", async () => {
  const server = new Server();
  server.createRoom(7);
  const page = createPage(server);
  for (const body of ["one", "two"]) server.post(7, body);
  const backup = server.save();
  server.post(7, "lost");
  await page.open(7);
  server.restore(backup);
  server.errors = [{ code: "unavailable" }, { code: "rate_limited", retryAfter: 1 }, undefined, { status: 503 }, { status: 0 }];
  await reconnect(page, server);
  assert.deepEqual(server.errors, []);
  assert.deepEqual(shown(page), ["1 one", "2 two"]);
});

test("an event that arrives while the room is being fetched isn't lost", async () => {
  const server = new Server();
  server.createRoom(7);
  server.post(7, "one");
  const page = createPage(server, {
    fetch: async (path) => {
      const response = await server.fetch(path);
      page.applyEvent(server.post(7, "in between"));
      return response;
    },
  });
  await page.open(7);
  await settle();
  assert.deepEqual(shown(page), stored(server, 7));
});

/** A page whose rooms 7 and 8 respond when the test says so. */
function createSlowPage() {
  const server = new Server();
  for (const id of [7, 8, 9]) server.createRoom(id);
  const pending = new Map();
  const fetch = (path) => new Promise((resolve, reject) => pending.set(Number(/\d+/.exec(path)[0]), { resolve: () => resolve(server.fetch(path)), reject }));
  const page = createPage(server, { fetch });
  return { page, server, respond: (id) => pending.get(id).resolve(), fail: (id) => pending.get(id).reject(new Error("slow")) };
}

test("of two rooms that are clicked, the last is open, even if the first responds later", async () => {
  const { page, respond } = createSlowPage();
  const slow = page.open(7);
  const fast = page.open(8);
  respond(8);
  assert.equal(await fast, true);
  respond(7);
  assert.equal(await slow, false);
  assert.equal(page.current.room, 8);
});

test("the failure of a room that is no longer wanted is ignored", async () => {
  const { page, respond, fail } = createSlowPage();
  const slow = page.open(7);
  const fast = page.open(8);
  fail(7);
  assert.equal(await slow, false);
  fail(8);
  await assert.rejects(fast);
  const again = page.open(8);
  respond(8);
  assert.equal(await again, true);
});

test("reloading the open room doesn't undo a click on another one", async () => {
  const { page, respond } = createSlowPage();
  const opened = page.open(7);
  respond(7);
  await opened;
  const clicked = page.open(8);
  page.reload(page.current);
  await settle();
  respond(7);
  await settle();
  respond(8);
  assert.equal(await clicked, true);
  assert.equal(page.current.room, 8);
});

test("two reloads at once fetch again, because the first response may be out of date", async () => {
  const server = new Server();
  server.createRoom(7);
  let count = 0;
  const page = createPage(server, { fetch: (path) => (count += 1) && server.fetch(path) });
  await page.open(7);
  await Promise.all([page.reload(page.current), page.reload(page.current)]);
  assert.equal(count, 3);
});

test("a room that was open before can be opened without a connection, and is synced afterwards", async () => {
  const server = new Server();
  for (const id of [7, 8]) server.createRoom(id);
  for (const id of [7, 8]) server.post(id, "one");
  const page = createPage(server);
  for (const id of [7, 8]) await page.open(id);
  server.state = "offline";
  server.fetch = () => assert.fail("nothing can be fetched");
  for (const body of ["two", "three"]) server.post(7, body);
  assert.equal(await page.open(7), true);
  assert.deepEqual(shown(page), ["1 one"]);
  server.state = "live";
  await reconnect(page, server);
  assert.deepEqual(shown(page), stored(server, 7));
});

test("a room that was open before is opened from the cache if that has the place where its user stopped reading", async () => {
  const server = new Server();
  for (const id of [7, 8]) server.createRoom(id);
  for (const body of ["one", "two", "three", "four", "five"]) server.post(7, body);
  const paths = [];
  const unread = { unread: 2, last_read_seq: 3 };
  const loaded = { messages: server.rooms.get(7).messages.slice(1, 4), has_older: true, has_newer: true, around: 2 };
  const fetch = async (path) => {
    paths.push(path);
    const response = await server.fetch(path);
    return path.startsWith("/rooms/7/") ? { ...response, ...loaded, room: { ...response.room, ...unread } } : response;
  };
  const page = createPage(server, { fetch });
  const reopen = async (read) => {
    Object.assign(page.currentRoom, read);
    await page.open(8);
    paths.length = 0;
    await page.open(7);
    return paths.length === 0;
  };
  await page.open(7, { around: 2 });
  assert.equal(await reopen(unread), true);
  assert.deepEqual([page.current.around, page.current.timeline.newAfter], [null, 3]);
  assert.equal(await reopen({ unread: 5, last_read_seq: 0 }), false); // the first unread message is before those loaded
  assert.equal(await reopen({ unread: 1, last_read_seq: 4 }), false); // or after them
  assert.equal(await reopen({ unread: 0, last_read_seq: 5 }), false); // or the end isn't loaded
});

test("a room that was requested ahead opens without another request, and has what was posted meanwhile", async () => {
  const server = new Server();
  server.createRoom(1);
  server.post(1, "First");
  const paths = [];
  const page = createPage(server, { fetch: (path) => paths.push(path) && server.fetch(path), delay: () => new Promise(() => {}) });
  page.prefetch(1);
  page.prefetch(1);
  await settle();
  page.applyEvent(server.post(1, "Second"));
  await page.open(1);
  await settle();
  assert.deepEqual(paths, ["/rooms/1/conversation/"]);
  assert.deepEqual(page.current.timeline.messages.map(({ body }) => body), ["First", "Second"]);
});

test("a request made ahead is not used once people are blocked or unblocked", async () => {
  const server = new Server();
  server.createRoom(1);
  const paths = [];
  const page = createPage(server, { fetch: (path) => paths.push(path) && server.fetch(path), delay: () => new Promise(() => {}) });
  page.prefetch(1);
  page.reloadAll();
  await page.open(1);
  assert.equal(paths.length, 2);
});

const happened = (page, id) => [...page.get(id).timeline.events.values()].map(({ kind }) => kind);

test("room events that were missed arrive with the messages, each once, and those that they replace go", async () => {
  const server = new Server();
  for (const id of [7, 8, 9]) server.createRoom(id);
  const page = createPage(server);
  server.post(7, "one");
  server.happen(7, "joined");
  for (const id of [9, 8, 7]) await page.open(id);
  page.addEvents(server.happen(7, "renamed"));
  assert.deepEqual(happened(page, 7), ["joined", "renamed"]);
  server.happen(7, "left", [1]);
  server.post(7, "two");
  server.happen(7, "pinned");
  server.happen(8, "topic");
  await reconnect(page, server);
  assert.deepEqual(happened(page, 7), ["renamed", "left", "pinned"]);
  assert.deepEqual(happened(page, 8), ["topic"]);
  assert.deepEqual(server.eventRequests, [{ 8: 0, 7: 0 }]);
  await reconnect(page, server);
  page.addEvents(server.happen(7, "archived"));
  await reconnect(page, server);
  assert.equal(server.eventRequests.length, 1);
});

test("a room event that arrives while the room is being fetched isn't lost", async () => {
  const server = new Server();
  server.createRoom(7);
  const page = createPage(server, {
    fetch: async (path) => {
      const response = await server.fetch(path);
      page.addEvents(server.happen(7, "joined"));
      return response;
    },
  });
  await page.open(7);
  await settle();
  assert.deepEqual(happened(page, 7), ["joined"]);
});

test("missed room events are requested again until the server responds, and not for a room whose end isn't shown", async () => {
  const server = new Server();
  for (const id of [7, 8]) server.createRoom(id);
  const page = createPage(server);
  for (const id of [8, 7]) await page.open(id);
  page.get(8).timeline.hasNewer = true;
  for (const id of [7, 8]) server.happen(id, "joined");
  server.errors = [{ code: "unavailable" }, { code: "rate_limited", retryAfter: 1 }];
  await reconnect(page, server);
  assert.deepEqual(server.eventRequests, [{ 7: 0 }, { 7: 0 }, { 7: 0 }]);
  assert.deepEqual(happened(page, 7), ["joined"]);
});
