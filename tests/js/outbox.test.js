/** Unsent posts: kept, in order, once. */

import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { Outbox } from "chatsite/model/outbox.js";
import { mayTakeOver, MemoryStore } from "chatsite/store/indexed_db.js";

const turns = async (count = 20) => {
  for (let i = 0; i < count; i += 1) await new Promise((resolve) => setImmediate(resolve));
};

class Server {
  posts = [];
  refusals = [];

  send = async (fields) => {
    const refusal = this.refusals.shift();
    if (refusal) throw Object.assign(new Error(refusal.detail ?? refusal.code), refusal);
    this.posts.push(fields);
    return { message: { id: this.posts.length, ...fields } };
  };

  get bodies() {
    return this.posts.map(({ body }) => body);
  }
}

function outbox({ store = new MemoryStore(), server = new Server(), user = 1, tab = "a", ...more } = {}) {
  const made = new Outbox({ store, send: server.send, user, tab, ...more });
  return Object.assign(made, { server, store });
}

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout", "Date"], now: Date.parse("2026-11-21T09:00:00Z") });
});

test("nothing is sent before the page has caught up", async () => {
  const made = outbox();
  made.add({ room: 7, body: "one" });
  await turns();
  assert.deepEqual(made.server.bodies, []);
  assert.equal(made.inRoom(7)[0].state, "waiting");
});

test("what was written meanwhile is sent in order, once, and then forgotten", async () => {
  const made = outbox();
  for (const body of ["one", "two", "three"]) made.add({ room: 7, body });
  made.resume();
  made.resume();
  await turns();
  assert.deepEqual(made.server.bodies, ["one", "two", "three"]);
  assert.deepEqual(made.inRoom(7), []);
  assert.deepEqual(await made.store.takeOver({ user: 1, tab: "a", openTabs: null, now: Date.now() }), []);
});

test("what answers somebody who was blocked since goes without the quotation, once that is refused", async () => {
  const blocked = new Set();
  const made = outbox({ isBlocked: (person) => blocked.has(person?.id) });
  const replyTo = { id: 12, sender: { id: 2 }, excerpt: "really?" };
  const refusal = { code: "not_found", detail: "reply_to: that message is not in this room." };
  made.add({ room: 7, body: "yes", replyTo });
  made.add({ room: 7, body: "and no" });
  made.server.refusals = [refusal];
  made.resume();
  await turns();
  assert.deepEqual(made.inRoom(7).map(({ body, state, note }) => [body, state, note]), [["yes", "failed", refusal.detail]]);

  blocked.add(2);
  made.server.refusals = [refusal];
  made.retry(made.inRoom(7)[0].client_id);
  await turns();
  assert.deepEqual(made.server.posts.map(({ body, reply_to: quoted }) => [body, quoted]), [["and no", undefined], ["yes", undefined]]);
  assert.deepEqual(made.inRoom(7), []);
});

test("a post names what it answers by its id", async () => {
  const made = outbox();
  made.resume();
  made.add({ room: 7, body: "yes", replyTo: { id: 12, excerpt: "really?" } });
  await turns();
  assert.equal(made.server.posts[0].reply_to, 12);
});

test("a post names its files by their ids, and keeps them whole to be shown meanwhile", async () => {
  const made = outbox();
  const attachments = [
    { id: "b", name: "b.png" },
    { id: "a", name: "a.txt" },
  ];
  made.add({ room: 7, body: "", attachments });
  assert.deepEqual(made.inRoom(7)[0].attachments, attachments);
  made.resume();
  await turns();
  assert.deepEqual(made.server.posts[0].attachments, ["b", "a"]);
  made.add({ room: 7, body: "none" });
  await turns();
  assert.ok(!("attachments" in made.server.posts[1]));
});

test("a post lost with the line is sent again under the same client_id, before the later ones", async () => {
  const made = outbox();
  made.server.refusals = [{ code: "offline" }];
  made.resume();
  const { client_id: first } = made.add({ room: 7, body: "one" });
  made.add({ room: 7, body: "two" });
  await turns();
  assert.deepEqual(made.server.bodies, []);
  made.resume();
  await turns();
  assert.deepEqual(made.server.bodies, ["one", "two"]);
  assert.equal(made.server.posts[0].client_id, first);
});

for (const code of ["rate_limited", "slow_mode", "unavailable", "closing"]) {
  test(`after ${code} it waits as long as it was told, with the same client_id`, async () => {
    const made = outbox();
    made.server.refusals = [{ code, detail: "Slowly.", retryAfter: 5 }];
    made.resume();
    const { client_id: id } = made.add({ room: 7, body: "one" });
    await turns();
    assert.equal(made.inRoom(7)[0].note, "Slowly.");
    mock.timers.tick(4999);
    await turns();
    assert.deepEqual(made.server.bodies, []);
    mock.timers.tick(1);
    await turns();
    assert.equal(made.server.posts[0].client_id, id);
  });
}

test("a refused post says why, stays, and does not hold up the next", async () => {
  const made = outbox();
  made.server.refusals = [{ code: "too_long", detail: "8,000 characters at most." }];
  made.resume();
  const { client_id: id } = made.add({ room: 7, body: "long" });
  made.add({ room: 7, body: "short" });
  await turns();
  assert.deepEqual(made.server.bodies, ["short"]);
  const [failed] = made.inRoom(7);
  assert.deepEqual([failed.state, failed.note], ["failed", "8,000 characters at most."]);
  made.retry(id);
  await turns();
  assert.deepEqual(made.server.bodies, ["short", "long"]);
});

test("one room's waiting does not hold up another room", async () => {
  const made = outbox();
  made.server.refusals = [{ code: "slow_mode", retryAfter: 30 }];
  made.resume();
  made.add({ room: 7, body: "slow" });
  await turns();
  made.add({ room: 8, body: "quick" });
  await turns();
  assert.deepEqual(made.server.bodies, ["quick"]);
});

test("what waits is sent at once when there is no reason to wait any more, and later waits are whole ones", async () => {
  const made = outbox();
  made.server.refusals = [{ code: "slow_mode", retryAfter: 3600 }];
  made.resume();
  made.add({ room: 7, body: "one" });
  await turns();
  made.retryNow(8);
  await turns();
  assert.deepEqual(made.server.bodies, []);
  made.retryNow(7);
  await turns();
  assert.deepEqual(made.server.bodies, ["one"]);
  made.server.refusals = [{ code: "slow_mode", retryAfter: 7200 }];
  made.add({ room: 7, body: "two" });
  await turns();
  mock.timers.tick(3_700_000);
  await turns();
  assert.deepEqual(made.server.bodies, ["one"]);
});

test("a new line does not wait for what the last one was told to", async () => {
  const made = outbox();
  made.server.refusals = [{ code: "slow_mode", retryAfter: 3600 }];
  made.resume();
  made.add({ room: 7, body: "one" });
  await turns();
  made.pause();
  made.resume();
  await turns();
  assert.deepEqual(made.server.bodies, ["one"]);
});

test("a post that waits for long can be thrown away", async () => {
  const made = outbox();
  made.server.refusals = [{ code: "slow_mode", detail: "Slowly.", retryAfter: 30 }];
  made.resume();
  const { client_id: id } = made.add({ room: 7, body: "one" });
  await turns();
  made.remove(id);
  made.add({ room: 7, body: "two" });
  mock.timers.tick(30_000);
  await turns();
  assert.deepEqual(made.server.bodies, ["two"]);
});

test("a post that the server shows to have is not sent again", async () => {
  const made = outbox();
  const { client_id: id } = made.add({ room: 7, body: "one" });
  made.remove(id);
  made.resume();
  await turns();
  assert.deepEqual(made.server.bodies, []);
});

test("a reload brings the unsent posts back in their order", async () => {
  const store = new MemoryStore();
  const before = outbox({ store });
  for (const body of ["one", "two", "three"]) before.add({ room: 7, body });
  await turns();
  const after = outbox({ store });
  after.resume();
  await after.takeOver();
  await turns();
  assert.deepEqual(after.server.bodies, ["one", "two", "three"]);
});

test("a second tab leaves the posts of a living one alone and takes those of a dead one", async () => {
  const store = new MemoryStore();
  outbox({ store, tab: "a" }).add({ room: 7, body: "one" });
  await turns();
  const living = new Set(["a", "b"]);
  const other = outbox({ store, tab: "b", openTabs: async () => living });
  await other.takeOver();
  assert.deepEqual(other.inRoom(7), []);
  living.delete("a");
  await other.takeOver();
  assert.deepEqual(
    other.inRoom(7).map(({ body }) => body),
    ["one"],
  );
});

test("what was sent while the store was being read once more does not come back", async () => {
  const store = new MemoryStore();
  outbox({ store }).add({ room: 7, body: "one" });
  await turns();
  const after = outbox({ store });
  const read = await store.takeOver({ user: 1, tab: "a", openTabs: null, now: 0 });
  after.resume();
  await after.takeOver();
  await turns();
  store.takeOver = async () => read;
  await after.takeOver();
  await turns();
  assert.deepEqual(after.inRoom(7), []);
  assert.deepEqual(after.server.bodies, ["one"]);
});

test("another person on the same browser never gets the posts", () => {
  const post = { user: 1, tab: "a", order: 0 };
  assert.equal(mayTakeOver(post, { user: 2, tab: "a", openTabs: new Set(), now: 1e12 }), false);
});

test("where tabs cannot be told apart only old posts are taken over", () => {
  const claim = { user: 1, tab: "b", openTabs: null, now: 200_000 };
  assert.equal(mayTakeOver({ user: 1, tab: "a", order: 190_000 }, claim), false);
  assert.equal(mayTakeOver({ user: 1, tab: "a", order: 10_000 }, claim), true);
});

test("where tabs cannot be told apart, one that lives keeps its posts, and one that has taken them over too", async () => {
  const made = outbox({ tab: "a" });
  made.add({ room: 7, body: "one" });
  mock.timers.tick(120_000);
  made.renewLease();
  const other = outbox({ store: made.store, tab: "b" });
  await other.takeOver();
  assert.deepEqual(other.inRoom(7), []);
  mock.timers.tick(120_000);
  await other.takeOver();
  assert.equal(other.inRoom(7).length, 1);
  const third = outbox({ store: made.store, tab: "c" });
  await third.takeOver();
  assert.deepEqual(third.inRoom(7), []);
});

test("a disk that refuses does not keep a post from being sent", async () => {
  const store = new MemoryStore();
  store.put = async () => {
    throw new Error("full");
  };
  const made = outbox({ store });
  made.resume();
  made.add({ room: 7, body: "one" });
  await turns();
  assert.deepEqual(made.server.bodies, ["one"]);
});
