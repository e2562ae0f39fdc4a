/** Uploads run a few at a time, in order, and continue after reloads and outages. */

import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { MemoryStore } from "chatsite/store/indexed_db.js";
import { MemoryFiles, UploadStore } from "chatsite/store/upload_store.js";
import { Uploads } from "chatsite/model/uploads.js";

const MESSAGE = { body: "Here it is", replyTo: { id: 12 } };

const settle = async (count = 20) => {
  for (let i = 0; i < count; i += 1) await new Promise((resolve) => setImmediate(resolve));
};

function file(name, size = 10, type = "text/plain") {
  return new File(["x".repeat(size)], name, { type });
}

/** A fake server that accepts or refuses uploads when the test tells it to. */
class Server {
  started = [];
  described = [];
  cancelled = [];
  requests = new Map();

  uploadFile = (upload, { onUrl, onProgress }) => {
    this.started.push([upload.name, upload.url]);
    const request = { onProgress, isAborted: false };
    request.done = new Promise((resolve, reject) => Object.assign(request, { resolve, reject }));
    request.abort = () => {
      request.isAborted = true;
      request.reject(Object.assign(new Error("aborted"), { code: "aborted" }));
    };
    this.requests.set(upload.name, request);
    onUrl(upload.url ?? `/uploads/id-${upload.name}/`);
    return request;
  };

  fetchAttachment = async (id) => ({ id, name: id.slice(3), alt: "" });
  saveAltText = async (id, alt) => this.described.push([id, alt]);
  cancelUpload = async (id) => this.cancelled.push(id);

  async finish(name) {
    this.requests.get(name).resolve();
    await settle();
  }

  async fail(name, status, detail = "No.") {
    this.requests.get(name).reject(Object.assign(new Error(detail), { status }));
    await settle();
  }
}

function createUploads({ store, server = new Server(), user = 1, tab = "a", openTabs } = {}) {
  const kept = store ?? new UploadStore(new MemoryStore("id"), new MemoryFiles());
  const uploads = new Uploads({ store: kept, uploadFile: server.uploadFile, server, user, tab, openTabs });
  const events = [];
  uploads.addEventListener("complete", ({ detail: { room, held } }) => events.push(["complete", room, held.body]));
  uploads.addEventListener("released", ({ detail: { room, held } }) => events.push(["released", room, held.body]));
  uploads.addEventListener("finished", ({ detail }) => events.push([detail.upload.state, detail.upload.name]));
  return Object.assign(uploads, { server, store: kept, events });
}

/** Returns [file, endRead]: a file whose read ends when `endRead` is called. */
function unreadable(name, isThere = false) {
  const { promise, resolve, reject } = Promise.withResolvers();
  const unread = Object.assign(file(name), { slice: () => ({ arrayBuffer: () => promise }) });
  return [unread, () => (isThere ? resolve() : reject(new Error("not readable")))];
}

/** Returns the rows that a reload would find. */
const storedRows = ({ store }) => store.takeOver({ user: 1, tab: "a", openTabs: null, now: 0 });
const states = (uploads, room = 7) => uploads.inRoom(room).map(({ name, state }) => `${name} ${state}`);

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout", "Date"], now: Date.parse("2026-11-21T09:00:00Z") });
});

test("three uploads run at once, the others follow in order", async () => {
  const uploads = createUploads();
  uploads.add(7, ["1", "2", "3", "4", "5"].map((name) => file(name)));
  assert.deepEqual(states(uploads), ["1 sending", "2 sending", "3 sending", "4 waiting", "5 waiting"]);
  await uploads.server.finish("2");
  assert.deepEqual(states(uploads), ["1 sending", "2 ready", "3 sending", "4 sending", "5 waiting"]);
});

test("a sent file is checked, and handed over as the server describes it", async () => {
  const uploads = createUploads();
  uploads.add(7, [file("a", 10)]);
  uploads.server.requests.get("a").onProgress(4);
  assert.deepEqual(states(uploads), ["a sending"]);
  uploads.server.requests.get("a").onProgress(10);
  assert.deepEqual(states(uploads), ["a checking"]);
  await uploads.server.finish("a");
  assert.deepEqual(uploads.events, [["ready", "a"]]);
  assert.deepEqual(uploads.takeAttachments(7), [{ id: "id-a", name: "a", alt: "" }]);
  assert.deepEqual(uploads.inRoom(7), []);
  assert.deepEqual(await uploads.store.takeOver({ user: 1, tab: "a", openTabs: null, now: 0 }), []);
});

test("a paused upload stops, lets the next start, and resumes where it was", async () => {
  const uploads = createUploads();
  uploads.add(7, ["1", "2", "3", "4"].map((name) => file(name)));
  const [first] = uploads.inRoom(7);
  uploads.server.requests.get("1").onProgress(5);
  uploads.pause(first.id);
  assert.deepEqual(states(uploads), ["1 paused", "2 sending", "3 sending", "4 sending"]);
  assert.equal(first.sent, 5);
  await uploads.server.finish("2");
  uploads.resume(first.id);
  assert.deepEqual(uploads.server.started.at(-1), ["1", "/uploads/id-1/"]);
});

test("a cancelled upload is deleted on the server too, and its result is ignored", async () => {
  const uploads = createUploads();
  uploads.add(7, [file("a"), file("b")]);
  const request = uploads.server.requests.get("a");
  uploads.cancel(uploads.inRoom(7)[0].id);
  assert.ok(request.isAborted);
  await settle();
  assert.deepEqual(states(uploads), ["b sending"]);
  assert.deepEqual(uploads.server.cancelled, ["id-a"]);
  assert.deepEqual(uploads.events, []);
});

for (const status of [0, 409, 423, 502]) {
  test(`after ${status || "a lost connection"} it tries again with growing delays, and at once after reconnecting`, async () => {
    const uploads = createUploads();
    uploads.add(7, [file("a")]);
    await uploads.server.fail("a", status);
    assert.deepEqual(states(uploads), ["a waiting"]);
    mock.timers.tick(500);
    assert.equal(uploads.server.started.length, 2);
    await uploads.server.fail("a", status);
    uploads.retryNow();
    assert.equal(uploads.server.started.length, 3);
    mock.timers.tick(60_000);
    await settle();
    assert.equal(uploads.server.started.length, 3);
  });
}

test("an upload that waits for the connection can be paused, and nothing wakes it", async () => {
  const uploads = createUploads();
  uploads.add(7, [file("a")]);
  await uploads.server.fail("a", 0);
  uploads.pause(uploads.inRoom(7)[0].id);
  uploads.retryNow();
  mock.timers.tick(60_000);
  assert.equal(uploads.server.started.length, 1);
  assert.deepEqual(states(uploads), ["a paused"]);
});

test("an upload that the server has deleted is sent from the beginning, once", async () => {
  const uploads = createUploads();
  uploads.add(7, [file("a")]);
  await uploads.server.fail("a", 404);
  assert.deepEqual(uploads.server.started, [["a", null], ["a", null]]);
  await uploads.server.fail("a", 404);
  assert.deepEqual(states(uploads), ["a failed"]);
  uploads.resume(uploads.inRoom(7)[0].id);
  await uploads.server.fail("a", 404);
  assert.deepEqual(states(uploads), ["a sending"]);
});

test("an upload to an archived room fails without further attempts", async () => {
  const uploads = createUploads();
  uploads.add(7, [file("a")]);
  uploads.server.requests.get("a").reject(Object.assign(new Error("Archived."), { status: 409, code: "archived" }));
  await settle();
  assert.deepEqual(states(uploads), ["a failed"]);
});

test("a refused upload shows the reason, and its message waits until it is tried again", async () => {
  const uploads = createUploads();
  uploads.add(7, [file("a"), file("b")]);
  assert.equal(uploads.hold(7, MESSAGE), true);
  await uploads.server.fail("a", 413, "Your files take 2 GB already.");
  assert.equal(uploads.inRoom(7)[0].note, "Your files take 2 GB already.");
  await uploads.server.finish("b");
  assert.deepEqual(uploads.events, [["failed", "a"], ["ready", "b"]]);
  const [{ id }] = uploads.heldIn(7);
  uploads.retry(id);
  await uploads.server.finish("a");
  assert.deepEqual(uploads.events.slice(2), [["ready", "a"], ["complete", 7, "Here it is"]]);
  assert.deepEqual([uploads.heldIn(7), states(uploads)], [[], []]);
});

test("a message that waits can be taken back with its files, or discarded with them", async () => {
  const uploads = createUploads();
  uploads.add(7, [file("a"), file("b")]);
  uploads.hold(7, MESSAGE);
  await uploads.server.finish("a");
  uploads.release(uploads.heldIn(7)[0].id);
  assert.deepEqual(uploads.events, [["ready", "a"], ["released", 7, "Here it is"]]);
  assert.deepEqual(uploads.inDraft(7).map(({ name }) => name), ["a", "b"]);
  uploads.hold(7, MESSAGE);
  uploads.discard(uploads.heldIn(7)[0].id);
  await settle();
  assert.deepEqual([uploads.events.length, uploads.inRoom(7), uploads.server.cancelled], [2, [], ["id-a", "id-b"]]);
});

test("the next message has files of its own, and may be sent first", async () => {
  const uploads = createUploads();
  uploads.add(7, [file("a")]);
  uploads.hold(7, MESSAGE);
  uploads.add(7, [file("b")]);
  assert.deepEqual(uploads.inDraft(7).map(({ name }) => name), ["b"]);
  uploads.hold(7, { body: "The next" });
  uploads.add(7, [file("c")]);
  await uploads.server.finish("b");
  await uploads.server.finish("c");
  assert.deepEqual(uploads.events, [["ready", "b"], ["complete", 7, "The next"], ["ready", "c"]]);
  assert.deepEqual(uploads.takeAttachments(7), [{ id: "id-c", name: "c", alt: "" }]);
  await uploads.server.finish("a");
  assert.deepEqual(uploads.events.slice(3), [["ready", "a"], ["complete", 7, "Here it is"]]);
});

test("the drafts of a room and its threads have files of their own, also after a reload", async () => {
  const uploads = createUploads();
  uploads.add(7, [file("for the room")]);
  uploads.add(7, [file("for the thread")], 12);
  await settle();
  await uploads.server.finish("for the room");
  const names = (drafts, thread) => drafts.inDraft(7, thread).map(({ name }) => name);
  assert.equal(uploads.hold(7, MESSAGE, 12), true);
  assert.deepEqual([names(uploads), names(uploads, 12)], [["for the room"], []]);
  const reloaded = createUploads({ store: uploads.store });
  await reloaded.takeOver();
  assert.deepEqual(reloaded.release(uploads.heldIn(7)[0].id), { room: 7, thread: 12 });
  assert.deepEqual([names(reloaded), names(reloaded, 12)], [["for the room"], ["for the thread"]]);
  assert.deepEqual(reloaded.takeAttachments(7).map(({ name }) => name), ["for the room"]);
});

test("a message waits neither for a failed upload nor for others beside it", async () => {
  const uploads = createUploads();
  uploads.add(7, [file("a"), file("b")]);
  await uploads.server.fail("a", 413);
  assert.equal(uploads.hold(7, MESSAGE), false);
  assert.deepEqual(uploads.heldIn(7), []);
  assert.deepEqual(uploads.failed(7).map(({ name }) => name), ["a"]);
  uploads.cancel(uploads.inRoom(7)[0].id);
  assert.deepEqual(uploads.failed(7), []);
  assert.equal(uploads.hold(7, MESSAGE), true);
  await uploads.server.finish("b");
  assert.deepEqual(uploads.events.at(-1), ["complete", 7, "Here it is"]);
});

test("a held message is sent once, when the last of its uploads is ready", async () => {
  const uploads = createUploads();
  uploads.add(7, [file("a"), file("b")]);
  uploads.hold(7, MESSAGE);
  await uploads.server.finish("b");
  assert.deepEqual(uploads.events, [["ready", "b"]]);
  await uploads.server.finish("a");
  assert.deepEqual(uploads.events, [["ready", "b"], ["ready", "a"], ["complete", 7, "Here it is"]]);
});

test("a held message is sent when the upload it waits for is cancelled", async () => {
  const uploads = createUploads();
  uploads.add(7, [file("a"), file("b")]);
  uploads.hold(7, MESSAGE);
  await uploads.server.finish("a");
  uploads.cancel(uploads.inRoom(7)[1].id);
  assert.deepEqual(uploads.events.at(-1), ["complete", 7, "Here it is"]);
});

test("a held message is restored when none of its uploads is left", async () => {
  const uploads = createUploads();
  uploads.add(7, [file("a")]);
  uploads.hold(7, MESSAGE);
  uploads.cancel(uploads.inRoom(7)[0].id);
  assert.deepEqual(uploads.events, [["released", 7, "Here it is"]]);
  uploads.add(7, [file("b"), file("c")]);
  uploads.hold(7, MESSAGE);
  await uploads.server.finish("b");
  uploads.removeRoom(7);
  assert.deepEqual(uploads.events.slice(1), [["ready", "b"], ["released", 7, "Here it is"]]);
});

test("a held message is kept with its uploads, for the tab that takes them over", async () => {
  const before = createUploads({ tab: "a" });
  before.add(7, [file("a"), file("b")]);
  before.hold(7, MESSAGE);
  await before.server.finish("a");
  const after = createUploads({ store: before.store, tab: "b", openTabs: async () => new Set(["b"]) });
  const posted = [];
  after.addEventListener("complete", ({ detail: { held, attachments } }) => posted.push([held, attachments.length]));
  await after.takeOver();
  await after.server.finish("b");
  assert.deepEqual(posted, [[{ ...MESSAGE, id: posted[0][0].id, at: "2026-11-21T09:00:00.000Z" }, 2]]);
});

test("two messages held in two tabs are both sent, each with its own files", async () => {
  const before = createUploads({ tab: "a" });
  before.add(7, [file("a")]);
  before.hold(7, MESSAGE);
  await settle();
  const after = createUploads({ store: before.store, tab: "b", openTabs: async () => new Set(["b"]) });
  const posted = [];
  after.addEventListener("complete", ({ detail: { held, attachments } }) => posted.push([held.body, attachments.map(({ id }) => id)]));
  after.add(7, [file("b")]);
  after.hold(7, { body: "Another" });
  await after.takeOver();
  await after.server.finish("a");
  await after.server.finish("b");
  assert.deepEqual(posted, [["Here it is", ["id-a"]], ["Another", ["id-b"]]]);
});

test("a message stays stored until the outbox has stored it", async () => {
  const uploads = createUploads();
  let stored = null;
  uploads.addEventListener("complete", ({ detail: { held } }) => (stored = [held.id, uploads.inRoom(7).length]));
  uploads.add(7, [file("a")]);
  uploads.hold(7, MESSAGE);
  const [{ id }] = uploads.heldIn(7);
  await uploads.server.finish("a");
  assert.deepEqual(stored, [id, 1]);
  assert.deepEqual(await storedRows(uploads), []);
});

test("an alternative text waits for the image", async () => {
  const uploads = createUploads();
  uploads.add(7, [file("a", 10, "image/png")]);
  const [upload] = uploads.inRoom(7);
  await uploads.setAlt(upload, "A cat");
  assert.deepEqual(uploads.server.described, []);
  await uploads.server.finish("a");
  assert.deepEqual(uploads.server.described, [["id-a", "A cat"]]);
  await uploads.setAlt(upload, "Two cats");
  assert.deepEqual(uploads.takeAttachments(7)[0].alt, "Two cats");
  await uploads.setAlt(upload, "Three cats");
  assert.deepEqual(uploads.server.described.at(-1), ["id-a", "Three cats"]);
});

test("a reload continues the uploads, paused and held ones too", async () => {
  const before = createUploads();
  before.add(7, [file("a"), file("b"), file("c")]);
  before.pause(before.inRoom(7)[1].id);
  await before.server.finish("c");
  before.hold(7, MESSAGE);
  await settle();
  const after = createUploads({ store: before.store });
  await after.takeOver();
  assert.deepEqual(states(after), ["a sending", "b paused", "c ready"]);
  assert.deepEqual(after.server.started, [["a", "/uploads/id-a/"]]);
  after.resume(after.inRoom(7)[1].id);
  await after.server.finish("a");
  await after.server.finish("b");
  assert.deepEqual(after.events.at(-1), ["complete", 7, "Here it is"]);
});

test("a file that the browser could not keep must be selected again, and no other one will do", async () => {
  const store = new UploadStore(new MemoryStore("id"), { put: async () => {}, get: async () => undefined, remove: async () => {} });
  const before = createUploads({ store });
  before.add(7, [file("film.mp4", 10)]);
  await settle();
  const after = createUploads({ store });
  await after.takeOver();
  const [{ id }] = after.inRoom(7);
  assert.deepEqual(states(after), ["film.mp4 missing"]);
  assert.equal(after.replace(id, file("film.mp4", 11)), false);
  assert.equal(after.replace(id, file("other.mp4", 10)), false);
  assert.equal(after.replace(id, file("film.mp4", 10)), true);
  assert.deepEqual(after.server.started, [["film.mp4", "/uploads/id-film.mp4/"]]);
});

test("an upload that was not posted for a day is gone from the server, and must be selected again", async () => {
  const uploads = createUploads();
  uploads.add(7, [file("a")]);
  await uploads.server.finish("a");
  mock.timers.tick(24 * 3_600_000);
  assert.equal(uploads.hold(7, MESSAGE), false);
  assert.deepEqual(states(uploads), ["a missing"]);
  assert.deepEqual(uploads.failed(7), uploads.inRoom(7));
  uploads.replace(uploads.inRoom(7)[0].id, file("a"));
  assert.deepEqual(uploads.server.started, [
    ["a", null],
    ["a", null],
  ]);
});

test("a file that is gone from the disk is not taken for a lost connection", async () => {
  const uploads = createUploads();
  const lost = file("a");
  lost.slice = () => ({ arrayBuffer: () => Promise.reject(new Error("not readable")) });
  uploads.add(7, [lost]);
  await uploads.server.fail("a", 0);
  assert.deepEqual(states(uploads), ["a missing"]);
});

test("a message goes on waiting after a reload that lost one of its files", async () => {
  const files = new MemoryFiles();
  const before = createUploads({ store: new UploadStore(new MemoryStore("id"), files) });
  before.add(7, [file("a"), file("b")]);
  before.hold(7, MESSAGE);
  await settle();
  await files.remove(before.inRoom(7)[0].id);
  const after = createUploads({ store: before.store });
  await after.takeOver();
  assert.deepEqual(states(after), ["a missing", "b sending"]);
  await after.server.finish("b");
  assert.equal(after.heldIn(7).length, 1);
  after.replace(after.inRoom(7)[0].id, file("a"));
  await after.server.finish("a");
  assert.deepEqual(after.events.at(-1), ["complete", 7, "Here it is"]);
});

test("a message held in a closed tab does not take along the uploads of another", async () => {
  const before = createUploads({ tab: "a" });
  before.add(7, [file("a")]);
  before.hold(7, MESSAGE);
  await settle();
  const open = new Set(["b"]);
  const after = createUploads({ store: before.store, tab: "b", openTabs: async () => open });
  after.add(7, [file("b")]);
  await after.takeOver();
  await after.server.finish("a");
  await after.server.finish("b");
  assert.deepEqual(after.events, [["ready", "a"], ["complete", 7, "Here it is"], ["ready", "b"]]);
  assert.deepEqual(states(after), ["b ready"]);
});

test("an upload whose message is posted while a request runs does not come back after a reload", async () => {
  const uploads = createUploads();
  uploads.add(7, [file("a", 10, "image/png")]);
  await uploads.server.finish("a");
  const response = Promise.withResolvers();
  uploads.server.saveAltText = () => response.promise;
  const described = uploads.setAlt(uploads.inRoom(7)[0], "A cat");
  const [attachment] = uploads.takeAttachments(7);
  response.resolve();
  await described;
  assert.equal(attachment.alt, "A cat");
  await settle();
  assert.deepEqual(await storedRows(uploads), []);
});

test("an upload cancelled while its file is read stays away", async () => {
  const uploads = createUploads();
  const [lost, endRead] = unreadable("a");
  uploads.add(7, [lost]);
  await uploads.server.fail("a", 0);
  uploads.cancel(uploads.inRoom(7)[0].id);
  endRead();
  await settle();
  assert.deepEqual([states(uploads), uploads.events, await storedRows(uploads)], [[], [], []]);
});

test("a paused upload stays paused, also when the connection is lost at that moment", async () => {
  for (const isThere of [true, false]) {
    const uploads = createUploads();
    const [slow, endRead] = unreadable("a", isThere);
    uploads.add(7, [slow]);
    await uploads.server.fail("a", 0);
    uploads.pause(uploads.inRoom(7)[0].id);
    endRead();
    await settle();
    mock.timers.tick(60_000);
    assert.deepEqual([states(uploads), uploads.server.started.length], [["a paused"], 1]);
  }
});

test("a tab leaves the uploads of open tabs alone and takes over those of closed ones, but nobody else's", async () => {
  const { store } = createUploads();
  createUploads({ store, tab: "a" }).add(7, [file("a")]);
  createUploads({ store, tab: "c", user: 2 }).add(7, [file("hers")]);
  await settle();
  const open = new Set(["a", "b"]);
  const other = createUploads({ store, tab: "b", openTabs: async () => open });
  await other.takeOver();
  assert.deepEqual(states(other), []);
  open.delete("a");
  await other.takeOver();
  assert.deepEqual(states(other), ["a sending"]);
});

test("without Web Locks progress renews the lease", async () => {
  const uploads = createUploads({ tab: "a" });
  uploads.add(7, [file("a", 100)]);
  for (let sent = 1; sent < 10; sent += 1) {
    mock.timers.tick(6000);
    uploads.server.requests.get("a").onProgress(sent);
  }
  await settle();
  const other = createUploads({ store: uploads.store, tab: "b" });
  await other.takeOver();
  assert.deepEqual(states(other), []);
});

test("without Web Locks an open tab keeps its uploads in every state", async () => {
  const uploads = createUploads({ tab: "a" });
  const other = createUploads({ store: uploads.store, tab: "b" });
  uploads.add(7, [file("a"), file("b")]);
  await uploads.server.finish("a");
  uploads.pause(uploads.inRoom(7)[1].id);
  for (let n = 0; n < 30; n += 1) {
    uploads.renewLease();
    mock.timers.tick(5000);
  }
  await settle();
  await other.takeOver();
  assert.deepEqual(states(other), []);
  mock.timers.tick(120_000);
  await other.takeOver();
  assert.deepEqual(states(other), ["a ready", "b paused"]);
});

test("a room that is gone takes its uploads along", async () => {
  const uploads = createUploads();
  uploads.add(7, [file("a")]);
  uploads.add(8, [file("b")]);
  uploads.removeRoom(7);
  assert.deepEqual([states(uploads, 7), states(uploads, 8)], [[], ["b sending"]]);
});

test("the files of a message that was refused can be sent with another one", async () => {
  const uploads = createUploads();
  uploads.restore(7, [{ id: "a", name: "a.txt", size: 10, type: "text/plain", alt: "" }]);
  assert.equal(uploads.inRoom(7)[0].state, "ready");
  assert.deepEqual(uploads.takeAttachments(7), [{ id: "a", name: "a.txt", size: 10, type: "text/plain", alt: "" }]);
  uploads.restore(7, [{ id: "b", name: "b.txt", size: 10, type: "text/plain" }]);
  uploads.cancel(uploads.inRoom(7)[0].id);
  await settle();
  assert.deepEqual(uploads.server.cancelled, ["b"]);
});

test("a message that waits for its files no longer quotes a deleted message", async () => {
  const uploads = createUploads();
  uploads.add(7, [file("a.txt")]);
  uploads.hold(7, MESSAGE);
  uploads.removeQuotes({ id: 13, room: 7 });
  assert.deepEqual(uploads.heldIn(7)[0].replyTo, MESSAGE.replyTo);
  uploads.removeQuotes({ id: 12, room: 7 });
  assert.deepEqual([uploads.heldIn(7)[0].body, uploads.heldIn(7)[0].replyTo], [MESSAGE.body, null]);
});
