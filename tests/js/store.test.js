/** The browser's storage: drafts, edits, and the ids of tabs. */

import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { bodyOf } from "chatsite/format/body.js";
import { Drafts, threadDraftPrefix } from "chatsite/store/drafts.js";
import { EditDrafts } from "chatsite/store/edit_drafts.js";
import { forgetUser, hasStored } from "chatsite/store/forget.js";
import { MemoryStore, openStores } from "chatsite/store/indexed_db.js";
import { SafeStorage } from "chatsite/store/safe_storage.js";
import { acquireTabId, findLocks, openTabs, startHeartbeat } from "chatsite/store/tab_lock.js";
import { MemoryFiles, UploadStore } from "chatsite/store/upload_store.js";

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

test("a broken draft is an empty one", () => {
  const broken = { getItem: () => "{", setItem() {}, removeItem() {} };
  assert.equal(new Drafts(broken, 1).get(7).body, "");
});

test("what was typed is kept with its spaces, but spaces alone are no draft", () => {
  const storage = new Storage();
  const drafts = new Drafts(storage, 1);
  drafts.set(7, { body: "    code\n" });
  assert.equal(drafts.get(7).body, "    code\n");
  drafts.discardSent(7, { body: "    code" });
  assert.equal(storage.size, 0);
  drafts.set(7, { body: " \n" });
  assert.equal(storage.size, 0);
});

test("a message keeps the spaces of its first line, and nothing else around it", () => {
  assert.equal(bodyOf("    code\n    more\n\n"), "    code\n    more");
  assert.equal(bodyOf("\n  \n  first"), "  first");
  for (const blank of ["", " ", "\n", " \n\t\n "]) assert.equal(bodyOf(blank), "");
});

test("a deleted message is no longer quoted by a draft, and an edited one with its new words", () => {
  const drafts = new Drafts(new Storage(), 1);
  const message = { id: 3, seq: 9, room: 7, sender: { id: 2 }, body: "Before" };
  drafts.set(7, { body: "half a", replyTo: { id: 3, seq: 9, sender: { id: 2 }, excerpt: "Before" } });
  drafts.updateQuote({ ...message, body: "After" });
  assert.equal(drafts.get(7).replyTo.excerpt, "After");
  drafts.updateQuote({ ...message, id: 4, deleted_at: "2026-11-28T09:00:00Z" });
  assert.equal(drafts.get(7).replyTo.excerpt, "After");
  drafts.updateQuote({ ...message, deleted_at: "2026-11-28T09:00:00Z" });
  assert.deepEqual(drafts.get(7), { body: "half a", replyTo: null });
});

/** A tab that uses a SharedStorage. `text` is what its composer shows for room 7. */
class Tab {
  text = "";

  constructor(storage) {
    this.drafts = new Drafts(storage, 1);
    this.drafts.addEventListener("change", ({ detail: { room, draft, isConflict } }) => {
      assert.equal(room, 7);
      if (!isConflict) this.text = draft.body;
      else if (draft.body) this.type(`${draft.body}+${this.text}`);
    });
  }

  type(text) {
    this.text = text;
    this.drafts.set(7, { body: text });
  }
}

/** A storage of several tabs. The other tabs receive a tab's changes when `deliver` is called. */
class SharedStorage extends Storage {
  tabs = [];
  #late = [];

  open() {
    const tab = new Tab({
      getItem: this.getItem,
      setItem: (key, value) => this.#change(tab, key, value, this.setItem),
      removeItem: (key) => this.#change(tab, key, null, this.removeItem),
    });
    this.tabs.push(tab);
    return tab;
  }

  deliver() {
    for (let change; (change = this.#late.shift()); ) {
      for (const tab of this.tabs) if (tab !== change.from) tab.drafts.handleStorageEvent(change);
    }
  }

  #change(from, key, newValue, store) {
    this.#late.push({ from, key, oldValue: this.getItem(key), newValue });
    store(key, newValue);
  }
}

test("a tab shows what is typed in another one, even if it is notified late", () => {
  const storage = new SharedStorage();
  const [here, other] = [storage.open(), storage.open()];
  here.type("Begun");
  storage.deliver();
  assert.equal(other.text, "Begun");
  for (const text of ["Begun,", "Begun, there", "Begun, there too"]) other.type(text);
  const late = storage.open(); // shows the latest draft before it is notified of the changes
  late.text = late.drafts.get(7).body;
  storage.deliver();
  assert.deepEqual([here.text, other.text, late.text], Array(3).fill("Begun, there too"));
  here.type("Begun, there too, and here");
  storage.deliver();
  assert.equal(other.text, "Begun, there too, and here");
  other.type("");
  storage.deliver();
  assert.equal(here.text, "");
  here.type("New");
  storage.deliver();
  assert.deepEqual([here.text, other.text], ["New", "New"]);
});

test("text typed in two tabs at once is kept in both", () => {
  const storage = new SharedStorage();
  const [here, other] = [storage.open(), storage.open()];
  here.type("Here");
  other.type("There");
  storage.deliver();
  assert.equal(here.text, other.text);
  for (const text of ["Here", "There"]) assert.match(here.text, new RegExp(text));
});

test("a text that another tab sends isn't kept before what is typed after it at that moment", () => {
  for (const [typed, left] of [
    ["The reportBy the w", "By the w"],
    ["The report ", ""],
    ["By the w", "By the w"],
  ]) {
    const storage = new SharedStorage();
    const [here, other] = [storage.open(), storage.open()];
    here.type("The report");
    storage.deliver();
    here.type(""); // sent
    other.type(typed);
    storage.deliver();
    assert.deepEqual([here.text, other.text, other.drafts.get(7).body], [left, left, left]);
  }
});

test("changes of other people's drafts are ignored", () => {
  const drafts = new Drafts(new Storage(), 1);
  drafts.addEventListener("change", () => assert.fail("a change"));
  for (const key of ["chatsite-draft-12-7", "chatsite-edit-1-7", null]) {
    drafts.handleStorageEvent({ key, oldValue: null, newValue: '{"body": "a", "replyTo": null}' });
  }
});

function throwing() {
  throw new DOMException("denied", "SecurityError");
}

const REFUSED_STORAGES = {
  "can't be read": throwing,
  "is missing": () => null,
  "is full": () => Object.assign(new Storage(), { setItem: throwing }),
  "refuses everything": () => ({ getItem: throwing, setItem: throwing, removeItem: throwing }),
};

for (const [what, open] of Object.entries(REFUSED_STORAGES)) {
  test(`a storage that ${what} never throws, and keeps everything for as long as the page lasts`, async () => {
    const storage = new SafeStorage(open);
    const drafts = new Drafts(storage, 1);
    drafts.set(7, { body: "half a" });
    assert.equal(drafts.get(7).body, "half a");
    drafts.set(7, { body: "" });
    assert.equal(drafts.get(7).body, "");
    const edits = new EditDrafts(storage, 1);
    edits.set({ id: 3, room: 7, body: "new", editedAt: null });
    assert.deepEqual(new EditDrafts(storage, 1).inRoom(7), [{ id: 3, room: 7, body: "new", editedAt: null }]);
    assert.ok(await acquireTabId({ storage, locks: undefined }));
  });
}

test("a storage has an item again that it could not hold before", () => {
  const inner = new Storage();
  const { setItem } = inner;
  const storage = new SafeStorage(() => inner);
  inner.setItem = throwing;
  storage.setItem("a", "1");
  inner.setItem = setItem;
  storage.setItem("a", "2");
  assert.equal(inner.getItem("a"), "2");
  assert.equal(storage.getItem("a"), "2");
});

const REFUSED_DATABASES = {
  "is missing": () => undefined,
  "can't be read": throwing,
  "can't be opened": () => ({ open: throwing }),
};

for (const [what, find] of Object.entries(REFUSED_DATABASES)) {
  test(`an IndexedDB that ${what} is replaced by memory`, async () => {
    const { posts, uploads } = await openStores(find);
    await posts.put({ client_id: "a", user: 1 });
    assert.equal(await posts.countOf(1), 1);
    assert.equal(await uploads.isEmpty(), true);
  });
}

test("Web Locks that the browser denies count as missing", async () => {
  for (const navigator of [{}, { locks: { query: async () => throwing() } }, { locks: { query: throwing } }]) {
    assert.equal(await findLocks(navigator), undefined);
  }
  const locks = new Locks();
  assert.equal(await findLocks({ locks }), locks);
});

test("an edit that was begun survives a reload, and is shared with other tabs", () => {
  const storage = new SafeStorage(() => new Storage());
  const edit = { id: 3, room: 7, body: "new", editedAt: "2026-11-28T09:00:00.000Z" };
  const [here, other] = [new EditDrafts(storage, 1), new EditDrafts(storage, 2)];
  here.set(edit);
  other.handleStorageEvent({ key: "chatsite-edit-2-3", newValue: JSON.stringify(edit) });
  other.handleStorageEvent({ key: "chatsite-edit-1-4", newValue: JSON.stringify(edit) });
  assert.deepEqual(here.inRoom(8), []);
  assert.deepEqual([here.get(3), other.inRoom(7)], [edit, [edit]]);
  here.remove(3);
  other.handleStorageEvent({ key: "chatsite-edit-2-3", newValue: null });
  assert.deepEqual([here.inRoom(7), other.inRoom(7)], [[], []]);
});

test("logging out deletes everything of one user, and nothing of another", async () => {
  const storage = new SafeStorage(() => null);
  const stores = { posts: new MemoryStore(), uploads: new UploadStore(new MemoryStore("id"), new MemoryFiles()) };
  const place = { storage, stores };
  for (const user of [1, 12]) {
    assert.equal(await hasStored(user, place), false);
    new Drafts(storage, user).set(7, { body: "half a" });
    new Drafts(storage, user, { prefix: threadDraftPrefix(user) }).set(5, { body: "a reply" });
    new EditDrafts(storage, user).set({ id: 3, room: 7, body: "new", editedAt: null });
    await stores.posts.put({ client_id: `post-${user}`, user });
    await stores.uploads.put({ id: `file-${user}`, user });
    await stores.uploads.putFile(`file-${user}`, new Blob(["x"]));
    assert.equal(await hasStored(user, place), true);
  }
  await forgetUser(1, place);
  assert.deepEqual([await hasStored(1, place), await hasStored(12, place)], [false, true]);
  assert.deepEqual(storage.keys.sort(), ["chatsite-draft-12-7", "chatsite-edit-12-3", "chatsite-thread-draft-12-5"]);
  const left = await stores.uploads.takeOver({ user: 12, tab: "a", openTabs: new Set(), now: 0 });
  assert.deepEqual(left.map(({ id, file }) => [id, file.size]), [["file-12", 1]]);
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
