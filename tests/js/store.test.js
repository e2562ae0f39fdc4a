/** The browser's storage: drafts, and the ids of tabs. */

import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { Drafts } from "chatsite/store/drafts.js";
import { acquireTabId, openTabs, startHeartbeat } from "chatsite/store/tab_lock.js";

class Storage {
  #items = new Map();
  getItem = (key) => this.#items.get(key) ?? null;
  setItem = (key, value) => this.#items.set(key, value);
  removeItem = (key) => this.#items.delete(key);
  get size() {
    return this.#items.size;
  }
}

/** A fake of Web Locks, which several tabs of a browser share. */
class Locks {
  #held = new Set();

  request(name, _options, work) {
    if (this.#held.has(name)) return work(null);
    this.#held.add(name);
    return work({ name });
  }

  async query() {
    return { held: [...this.#held].map((name) => ({ name })) };
  }

  release(name) {
    this.#held.delete(name);
  }
}

test("each room and each person has a draft of their own", () => {
  const storage = new Storage();
  const drafts = new Drafts(storage, 1);
  drafts.set(7, { body: "half a", replyTo: { id: 3 } });
  assert.deepEqual(new Drafts(storage, 1).get(7), { body: "half a", replyTo: { id: 3 } });
  assert.equal(drafts.get(8).body, "");
  assert.equal(new Drafts(storage, 2).get(7).body, "");
  drafts.set(7, { body: "" });
  assert.equal(storage.size, 0);
});

test("a restored message stands before the draft written since, and a sent one is only deleted if unchanged", () => {
  const drafts = new Drafts(new Storage(), 1);
  drafts.set(7, { body: "By the way" });
  drafts.discardSent(7, { body: "The plan" });
  drafts.restore(7, { body: "The plan", replyTo: { id: 3 } });
  drafts.restore(8, { body: "The plan", replyTo: null });
  assert.deepEqual(drafts.get(7), { body: "The plan\n\nBy the way", replyTo: { id: 3 } });
  assert.deepEqual(drafts.get(8), { body: "The plan", replyTo: null });
  drafts.restore(8, { body: "The plan", replyTo: { id: 4 } });
  assert.deepEqual(drafts.get(8), { body: "The plan", replyTo: { id: 4 } });
  drafts.discardSent(8, { body: "The plan" });
  assert.equal(drafts.get(8).body, "");
});

test("a draft does not quote a person blocked since", () => {
  const storage = new Storage();
  const blocked = new Set();
  const drafts = new Drafts(storage, 1, { isBlocked: (person) => blocked.has(person?.id) });
  drafts.set(7, { body: "half a", replyTo: { id: 3, sender: { id: 2 }, excerpt: "Well?" } });
  assert.equal(drafts.get(7).replyTo.id, 3);
  blocked.add(2);
  assert.deepEqual(drafts.get(7), { body: "half a", replyTo: null });
});

test("a broken or forbidden storage loses only the draft", () => {
  const forbidden = { getItem: () => "{", setItem: () => assert.fail.call(null), removeItem() {} };
  forbidden.setItem = () => {
    throw new Error("forbidden");
  };
  const drafts = new Drafts(forbidden, 1);
  drafts.set(7, { body: "x" });
  assert.equal(drafts.get(7).body, "");
});

test("a tab keeps its id after a reload, and a duplicated tab gets another", async () => {
  const locks = new Locks();
  const storage = new Storage();
  const first = await acquireTabId({ storage, locks });
  const duplicate = await acquireTabId({ storage, locks });
  assert.notEqual(duplicate, first);
  assert.deepEqual(await openTabs(locks), new Set([first, duplicate]));
  locks.release(`chatsite-tab-${duplicate}`);
  assert.equal(await acquireTabId({ storage, locks }), duplicate);
});

test("without Web Locks a tab renews its leases every five seconds", () => {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setInterval"] });
  let count = 0;
  startHeartbeat(undefined, () => (count += 1));
  startHeartbeat(new Locks(), () => assert.fail("needless"));
  mock.timers.tick(12_000);
  assert.equal(count, 2);
});

test("without Web Locks the stored id is trusted", async () => {
  const storage = new Storage();
  const first = await acquireTabId({ storage });
  assert.equal(await acquireTabId({ storage }), first);
  assert.equal(await openTabs(undefined), null);
});
