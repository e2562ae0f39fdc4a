/** The outbox keeps posts and sends them once, in order. */

import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { Outbox } from "chatsite/model/outbox.js";
import { mayTakeOver, MemoryStore } from "chatsite/store/indexed_db.js";

const settle = async (count = 20) => {
  for (let i = 0; i < count; i += 1) await new Promise((resolve) => setImmediate(resolve));
};

class Server {
  posts = [];
  errors = [];

  send = async (fields) => {
    const error = this.errors.shift();
    if (error) throw Object.assign(new Error(error.detail ?? error.code), error);
    this.posts.push(fields);
    return { message: { id: this.posts.length, ...fields } };
  };

  get bodies() {
    return this.posts.map(({ body }) => body);
  }
}

function createOutbox({ store = new MemoryStore(), server = new Server(), user = 1, tab = "a", ...more } = {}) {
  const outbox = new Outbox({ store, send: server.send, user, tab, ...more });
  return Object.assign(outbox, { server, store });
}

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout", "Date"], now: Date.parse("2026-11-21T09:00:00Z") });
});

test("posts wait until the page has caught up", async () => {
  const outbox = createOutbox();
  outbox.add({ room: 7, body: "one" });
  await settle();
  assert.deepEqual(outbox.server.bodies, []);
  assert.equal(outbox.inRoom(7)[0].state, "waiting");
});

test("unsent posts are sent once, in order, and then removed", async () => {
  const outbox = createOutbox();
  for (const body of ["one", "two", "three"]) outbox.add({ room: 7, body });
  outbox.resume();
  outbox.resume();
  await settle();
  assert.deepEqual(outbox.server.bodies, ["one", "two", "three"]);
  assert.deepEqual(outbox.inRoom(7), []);
  assert.deepEqual(await outbox.store.takeOver({ user: 1, tab: "a", openTabs: null, now: Date.now() }), []);
});

const REPLY_TO = { id: 12, sender: { id: 2 }, excerpt: "really?" };
const NO_QUOTED_MESSAGE = { code: "not_found", field: "reply_to", detail: "that message is not in this room." };

test("a reply to a message deleted since is sent without the quotation, once it is refused, and the person is told", async () => {
  const outbox = createOutbox();
  const told = [];
  outbox.addEventListener("unquoted", ({ detail }) => told.push(detail.post.body));
  const { client_id: id } = outbox.add({ room: 7, body: "yes", replyTo: REPLY_TO });
  outbox.add({ room: 7, body: "and no" });
  outbox.server.errors = [NO_QUOTED_MESSAGE];
  outbox.resume();
  await settle();
  assert.deepEqual(outbox.server.posts.map(({ body, reply_to: quoted }) => [body, quoted]), [["yes", undefined], ["and no", undefined]]);
  assert.equal(outbox.server.posts[0].client_id, id);
  assert.deepEqual(told, ["yes"]);
  assert.deepEqual(outbox.inRoom(7), []);
});

test("a reply to a person blocked since is sent without the quotation, which is no news", async () => {
  const outbox = createOutbox({ isBlocked: (person) => person?.id === 2 });
  outbox.addEventListener("unquoted", () => assert.fail("told"));
  outbox.add({ room: 7, body: "yes", replyTo: REPLY_TO });
  outbox.server.errors = [NO_QUOTED_MESSAGE];
  outbox.resume();
  await settle();
  assert.deepEqual(outbox.server.posts.map(({ body, reply_to: quoted }) => [body, quoted]), [["yes", undefined]]);
});

test("an unsent reply no longer shows the words of a message that was deleted", () => {
  const outbox = createOutbox();
  outbox.add({ room: 7, body: "yes", replyTo: REPLY_TO });
  outbox.clearQuotes({ id: 12, room: 8 });
  assert.equal(outbox.inRoom(7)[0].reply_to.excerpt, "really?");
  outbox.clearQuotes({ id: 12, room: 7 });
  assert.deepEqual(outbox.inRoom(7)[0].reply_to, { ...REPLY_TO, excerpt: "" });
});

const FINAL = ["invalid", "too_long", "not_found", "forbidden", "conflict", "archived", "blocked", "a code of later", undefined];

for (const code of FINAL) {
  test(`a post that is refused for good (${code}) doesn't hold up the next, and says why`, async () => {
    const outbox = createOutbox();
    const failed = [];
    outbox.addEventListener("failed", ({ detail }) => failed.push(detail.post.body));
    outbox.server.errors = [{ code, field: "body", detail: "No." }];
    outbox.resume();
    outbox.add({ room: 7, body: "one", replyTo: REPLY_TO });
    outbox.add({ room: 7, body: "two" });
    await settle();
    assert.deepEqual(outbox.server.bodies, ["two"]);
    assert.deepEqual(outbox.inRoom(7).map(({ body, state, note }) => [body, state, note]), [["one", "failed", "No."]]);
    assert.deepEqual(failed, ["one"]);
  });
}

test("a post that the server never answers is tried again, but doesn’t hold up the next one forever", async () => {
  const outbox = createOutbox();
  const timeout = { code: "timeout", detail: "The server didn’t respond." };
  outbox.server.errors = [timeout, timeout, timeout];
  outbox.resume();
  outbox.add({ room: 7, body: "one" });
  outbox.add({ room: 7, body: "two" });
  for (let i = 0; i < 3; i += 1) {
    await settle();
    mock.timers.tick(2000);
  }
  await settle();
  assert.deepEqual(outbox.server.bodies, ["two"]);
  const [{ client_id: id, state, note }] = outbox.inRoom(7);
  assert.deepEqual([state, note], ["failed", timeout.detail]);
  outbox.server.errors = [timeout];
  outbox.retry(id);
  await settle();
  mock.timers.tick(2000);
  await settle();
  assert.deepEqual(outbox.server.bodies, ["two", "one"]);
});

test("a store that hangs does not keep a post from being sent", async () => {
  const store = new MemoryStore();
  store.put = () => new Promise(() => {});
  const outbox = createOutbox({ store });
  outbox.resume();
  outbox.add({ room: 7, body: "one" });
  await settle();
  mock.timers.tick(2000);
  await settle();
  assert.deepEqual(outbox.server.bodies, ["one"]);
});

test("without Web Locks, a tab that is closed leaves its posts to the next one at once", async () => {
  const store = new MemoryStore();
  const closed = createOutbox({ store, tab: "a" });
  closed.add({ room: 7, body: "one" });
  await settle();
  closed.releaseLease();
  const other = createOutbox({ store, tab: "b" });
  await other.takeOver();
  assert.deepEqual(other.inRoom(7).map(({ body }) => body), ["one"]);
});

test("a store that can't be read leaves the page working", async () => {
  const store = new MemoryStore();
  store.takeOver = async () => {
    throw new Error("closed");
  };
  const outbox = createOutbox({ store });
  await outbox.takeOver();
  outbox.resume();
  outbox.add({ room: 7, body: "one" });
  await settle();
  assert.deepEqual(outbox.server.bodies, ["one"]);
});

test("a post names the message it replies to by its id", async () => {
  const outbox = createOutbox();
  outbox.resume();
  outbox.add({ room: 7, body: "yes", replyTo: { id: 12, excerpt: "really?" } });
  await settle();
  assert.equal(outbox.server.posts[0].reply_to, 12);
});

test("a post names its files by their ids, and keeps them whole to be shown", async () => {
  const outbox = createOutbox();
  const attachments = [
    { id: "b", name: "b.png" },
    { id: "a", name: "a.txt" },
  ];
  outbox.add({ room: 7, body: "", attachments });
  assert.deepEqual(outbox.inRoom(7)[0].attachments, attachments);
  outbox.resume();
  await settle();
  assert.deepEqual(outbox.server.posts[0].attachments, ["b", "a"]);
  outbox.add({ room: 7, body: "none" });
  await settle();
  assert.ok(!("attachments" in outbox.server.posts[1]));
});

test("a post whose connection was lost is sent again with the same client_id, before later ones", async () => {
  const outbox = createOutbox();
  outbox.server.errors = [{ code: "offline" }];
  outbox.resume();
  const { client_id: first } = outbox.add({ room: 7, body: "one" });
  outbox.add({ room: 7, body: "two" });
  await settle();
  assert.deepEqual(outbox.server.bodies, []);
  outbox.resume();
  await settle();
  assert.deepEqual(outbox.server.bodies, ["one", "two"]);
  assert.equal(outbox.server.posts[0].client_id, first);
});

for (const code of ["rate_limited", "slow_mode", "unavailable", "closing"]) {
  test(`after ${code} a post is sent again after the delay, with the same client_id`, async () => {
    const outbox = createOutbox();
    outbox.server.errors = [{ code, detail: "Slowly.", retryAfter: 5 }];
    outbox.resume();
    const { client_id: id } = outbox.add({ room: 7, body: "one" });
    await settle();
    assert.equal(outbox.inRoom(7)[0].note, "Slowly.");
    mock.timers.tick(4999);
    await settle();
    assert.deepEqual(outbox.server.bodies, []);
    mock.timers.tick(1);
    await settle();
    assert.equal(outbox.server.posts[0].client_id, id);
  });
}

test("a refused post shows the reason, stays, and does not hold up the next", async () => {
  const outbox = createOutbox();
  outbox.server.errors = [{ code: "too_long", detail: "8,000 characters at most." }];
  outbox.resume();
  const { client_id: id } = outbox.add({ room: 7, body: "long" });
  outbox.add({ room: 7, body: "short" });
  await settle();
  assert.deepEqual(outbox.server.bodies, ["short"]);
  const [failed] = outbox.inRoom(7);
  assert.deepEqual([failed.state, failed.note], ["failed", "8,000 characters at most."]);
  outbox.retry(id);
  await settle();
  assert.deepEqual(outbox.server.bodies, ["short", "long"]);
});

test("a delay in one room does not hold up another room", async () => {
  const outbox = createOutbox();
  outbox.server.errors = [{ code: "slow_mode", retryAfter: 30 }];
  outbox.resume();
  outbox.add({ room: 7, body: "slow" });
  await settle();
  outbox.add({ room: 8, body: "quick" });
  await settle();
  assert.deepEqual(outbox.server.bodies, ["quick"]);
});

test("a delay can be ended early, and later delays last their full time", async () => {
  const outbox = createOutbox();
  outbox.server.errors = [{ code: "slow_mode", retryAfter: 3600 }];
  outbox.resume();
  outbox.add({ room: 7, body: "one" });
  await settle();
  outbox.retryNow(8);
  await settle();
  assert.deepEqual(outbox.server.bodies, []);
  outbox.retryNow(7);
  await settle();
  assert.deepEqual(outbox.server.bodies, ["one"]);
  outbox.server.errors = [{ code: "slow_mode", retryAfter: 7200 }];
  outbox.add({ room: 7, body: "two" });
  await settle();
  mock.timers.tick(3_700_000);
  await settle();
  assert.deepEqual(outbox.server.bodies, ["one"]);
});

test("a new connection does not wait for the delays of the last one", async () => {
  const outbox = createOutbox();
  outbox.server.errors = [{ code: "slow_mode", retryAfter: 3600 }];
  outbox.resume();
  outbox.add({ room: 7, body: "one" });
  await settle();
  outbox.pause();
  outbox.resume();
  await settle();
  assert.deepEqual(outbox.server.bodies, ["one"]);
});

test("a post with a long delay can be discarded", async () => {
  const outbox = createOutbox();
  outbox.server.errors = [{ code: "slow_mode", detail: "Slowly.", retryAfter: 30 }];
  outbox.resume();
  const { client_id: id } = outbox.add({ room: 7, body: "one" });
  await settle();
  outbox.remove(id);
  outbox.add({ room: 7, body: "two" });
  mock.timers.tick(30_000);
  await settle();
  assert.deepEqual(outbox.server.bodies, ["two"]);
});

test("a post that the server turns out to have is not sent again", async () => {
  const outbox = createOutbox();
  const { client_id: id } = outbox.add({ room: 7, body: "one" });
  outbox.remove(id);
  outbox.resume();
  await settle();
  assert.deepEqual(outbox.server.bodies, []);
});

test("a reload brings unsent posts back in order", async () => {
  const store = new MemoryStore();
  const before = createOutbox({ store });
  for (const body of ["one", "two", "three"]) before.add({ room: 7, body });
  await settle();
  const after = createOutbox({ store });
  after.resume();
  await after.takeOver();
  await settle();
  assert.deepEqual(after.server.bodies, ["one", "two", "three"]);
});

test("a tab leaves the posts of open tabs alone and takes over those of closed ones", async () => {
  const store = new MemoryStore();
  createOutbox({ store, tab: "a" }).add({ room: 7, body: "one" });
  await settle();
  const open = new Set(["a", "b"]);
  const other = createOutbox({ store, tab: "b", openTabs: async () => open });
  await other.takeOver();
  assert.deepEqual(other.inRoom(7), []);
  open.delete("a");
  await other.takeOver();
  assert.deepEqual(
    other.inRoom(7).map(({ body }) => body),
    ["one"],
  );
});

test("a post that was sent while the store was read again does not come back", async () => {
  const store = new MemoryStore();
  createOutbox({ store }).add({ room: 7, body: "one" });
  await settle();
  const after = createOutbox({ store });
  const read = await store.takeOver({ user: 1, tab: "a", openTabs: null, now: 0 });
  after.resume();
  await after.takeOver();
  await settle();
  store.takeOver = async () => read;
  await after.takeOver();
  await settle();
  assert.deepEqual(after.inRoom(7), []);
  assert.deepEqual(after.server.bodies, ["one"]);
});

test("another person in the same browser never gets the posts", () => {
  const post = { user: 1, tab: "a", order: 0 };
  assert.equal(mayTakeOver(post, { user: 2, tab: "a", openTabs: new Set(), now: 1e12 }), false);
});

test("without Web Locks only old posts are taken over", () => {
  const claim = { user: 1, tab: "b", openTabs: null, now: 200_000 };
  assert.equal(mayTakeOver({ user: 1, tab: "a", order: 190_000 }, claim), false);
  assert.equal(mayTakeOver({ user: 1, tab: "a", order: 10_000 }, claim), true);
});

test("without Web Locks an open tab keeps its posts, also those it has taken over", async () => {
  const outbox = createOutbox({ tab: "a" });
  outbox.add({ room: 7, body: "one" });
  mock.timers.tick(120_000);
  outbox.renewLease();
  const other = createOutbox({ store: outbox.store, tab: "b" });
  await other.takeOver();
  assert.deepEqual(other.inRoom(7), []);
  mock.timers.tick(120_000);
  await other.takeOver();
  assert.equal(other.inRoom(7).length, 1);
  const third = createOutbox({ store: outbox.store, tab: "c" });
  await third.takeOver();
  assert.deepEqual(third.inRoom(7), []);
});

test("a full disk does not keep a post from being sent", async () => {
  const store = new MemoryStore();
  store.put = async () => {
    throw new Error("full");
  };
  const outbox = createOutbox({ store });
  outbox.resume();
  outbox.add({ room: 7, body: "one" });
  await settle();
  assert.deepEqual(outbox.server.bodies, ["one"]);
});

test("a message that waited for its files keeps its id and time, and is sent once however often it is added", async () => {
  const outbox = createOutbox();
  const waited = { room: 7, body: "with files", id: "its-own-id", at: "2026-11-21T08:00:00.000Z" };
  outbox.add(waited);
  outbox.add(waited);
  outbox.resume();
  await settle();
  outbox.add(waited); // its files were still stored when the page was reloaded
  await settle();
  assert.deepEqual(outbox.server.posts.map(({ client_id: id, body }) => [id, body]), [["its-own-id", "with files"]]);
  assert.deepEqual(outbox.items, []);
});
