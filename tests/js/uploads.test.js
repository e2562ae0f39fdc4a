/** Files on their way: a few at once, in order, kept over reloads and outages, refused before a byte is sent. */

import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { splitter } from "chatsite/elements/text_viewer.js";
import { excerptOf } from "chatsite/format/excerpt.js";
import { formatSize } from "chatsite/format/sizes.js";
import { MemoryStore } from "chatsite/store/indexed_db.js";
import { MemoryFiles, UploadStore } from "chatsite/store/upload_store.js";
import { validateFile, validateFiles } from "chatsite/model/upload_rules.js";
import { UploadSpeed } from "chatsite/model/upload_speed.js";
import { Uploads } from "chatsite/model/uploads.js";

const LIMITS = { file: 100_000_000, files: 10, file_types: { allowed: [], denied: [".exe"] } };

const MESSAGE = { body: "Here it is", replyTo: { id: 12 } };

const turns = async (count = 20) => {
  for (let i = 0; i < count; i += 1) await new Promise((resolve) => setImmediate(resolve));
};

function file(name, size = 10, type = "text/plain") {
  return new File(["x".repeat(size)], name, { type });
}

/** A server that takes what it is told to take, when it is told to. */
class Server {
  begun = [];
  described = [];
  cancelled = [];
  ways = new Map();

  uploadFile = (upload, { onUrl, onProgress }) => {
    this.begun.push([upload.name, upload.url]);
    const way = { onProgress, isStopped: false };
    way.done = new Promise((resolve, reject) => Object.assign(way, { resolve, reject }));
    way.abort = () => {
      way.isStopped = true;
      way.reject(Object.assign(new Error("stopped"), { code: "stopped" }));
    };
    this.ways.set(upload.name, way);
    onUrl(upload.url ?? `/uploads/id-${upload.name}/`);
    return way;
  };

  fetchAttachment = async (id) => ({ id, name: id.slice(3), alt: "" });
  saveAltText = async (id, alt) => this.described.push([id, alt]);
  cancelUpload = async (id) => this.cancelled.push(id);

  async arrive(name) {
    this.ways.get(name).resolve();
    await turns();
  }

  async refuse(name, status, detail = "No.") {
    this.ways.get(name).reject(Object.assign(new Error(detail), { status }));
    await turns();
  }
}

function uploads({ store, server = new Server(), user = 1, tab = "a", openTabs } = {}) {
  const kept = store ?? new UploadStore(new MemoryStore("id"), new MemoryFiles());
  const made = new Uploads({ store: kept, uploadFile: server.uploadFile, server, user, tab, openTabs });
  const told = [];
  made.addEventListener("complete", ({ detail: { room, held } }) => told.push(["complete", room, held.body]));
  made.addEventListener("released", ({ detail: { room, held } }) => told.push(["released", room, held.body]));
  made.addEventListener("finished", ({ detail }) => told.push([detail.upload.state, detail.upload.name]));
  return Object.assign(made, { server, store: kept, told });
}

/** A file of which the disk says only when it is let whether it is there: [file, let]. */
function unreadable(name, isThere = false) {
  const { promise, resolve, reject } = Promise.withResolvers();
  const made = Object.assign(file(name), { slice: () => ({ arrayBuffer: () => promise }) });
  return [made, () => (isThere ? resolve() : reject(new Error("not readable")))];
}

/** What a reload would find. */
const kept = ({ store }) => store.takeOver({ user: 1, tab: "a", openTabs: null, now: 0 });
const states = (made, room = 7) => made.inRoom(room).map(({ name, state }) => `${name} ${state}`);

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout", "Date"], now: Date.parse("2026-11-21T09:00:00Z") });
});

test("three are sent at once, the others in their order after them", async () => {
  const made = uploads();
  made.add(7, ["1", "2", "3", "4", "5"].map((name) => file(name)));
  assert.deepEqual(states(made), ["1 sending", "2 sending", "3 sending", "4 waiting", "5 waiting"]);
  await made.server.arrive("2");
  assert.deepEqual(states(made), ["1 sending", "2 ready", "3 sending", "4 sending", "5 waiting"]);
});

test("a file is looked at when all of it is sent, and handed over as the server describes it", async () => {
  const made = uploads();
  made.add(7, [file("a", 10)]);
  made.server.ways.get("a").onProgress(4);
  assert.deepEqual(states(made), ["a sending"]);
  made.server.ways.get("a").onProgress(10);
  assert.deepEqual(states(made), ["a checking"]);
  await made.server.arrive("a");
  assert.deepEqual(made.told, [["ready", "a"]]);
  assert.deepEqual(made.takeAttachments(7), [{ id: "id-a", name: "a", alt: "" }]);
  assert.deepEqual(made.inRoom(7), []);
  assert.deepEqual(await made.store.takeOver({ user: 1, tab: "a", openTabs: null, now: 0 }), []);
});

test("one that is paused stops, lets the next begin, and goes on where it was", async () => {
  const made = uploads();
  made.add(7, ["1", "2", "3", "4"].map((name) => file(name)));
  const [first] = made.inRoom(7);
  made.server.ways.get("1").onProgress(5);
  made.pause(first.id);
  assert.deepEqual(states(made), ["1 paused", "2 sending", "3 sending", "4 sending"]);
  assert.equal(first.sent, 5);
  await made.server.arrive("2");
  made.resume(first.id);
  assert.deepEqual(made.server.begun.at(-1), ["1", "/uploads/id-1/"]);
});

test("one that is cancelled goes on the server too, and what it answers meanwhile is nobody's business", async () => {
  const made = uploads();
  made.add(7, [file("a"), file("b")]);
  const way = made.server.ways.get("a");
  made.cancel(made.inRoom(7)[0].id);
  assert.ok(way.isStopped);
  await turns();
  assert.deepEqual(states(made), ["b sending"]);
  assert.deepEqual(made.server.cancelled, ["id-a"]);
  assert.deepEqual(made.told, []);
});

for (const status of [0, 409, 423, 502]) {
  test(`after ${status || "a lost line"} it tries again, later and later, and at once when the line is back`, async () => {
    const made = uploads();
    made.add(7, [file("a")]);
    await made.server.refuse("a", status);
    assert.deepEqual(states(made), ["a waiting"]);
    mock.timers.tick(500);
    assert.equal(made.server.begun.length, 2);
    await made.server.refuse("a", status);
    made.retryNow();
    assert.equal(made.server.begun.length, 3);
    mock.timers.tick(60_000);
    await turns();
    assert.equal(made.server.begun.length, 3);
  });
}

test("what waits for the line can be paused, and then nothing wakes it", async () => {
  const made = uploads();
  made.add(7, [file("a")]);
  await made.server.refuse("a", 0);
  made.pause(made.inRoom(7)[0].id);
  made.retryNow();
  mock.timers.tick(60_000);
  assert.equal(made.server.begun.length, 1);
  assert.deepEqual(states(made), ["a paused"]);
});

test("what the server has forgotten is sent anew, once", async () => {
  const made = uploads();
  made.add(7, [file("a")]);
  await made.server.refuse("a", 404);
  assert.deepEqual(made.server.begun, [["a", null], ["a", null]]);
  await made.server.refuse("a", 404);
  assert.deepEqual(states(made), ["a failed"]);
  made.resume(made.inRoom(7)[0].id);
  await made.server.refuse("a", 404);
  assert.deepEqual(states(made), ["a sending"]);
});

test("a room that was archived meanwhile takes no more, however often it is asked", async () => {
  const made = uploads();
  made.add(7, [file("a")]);
  made.server.ways.get("a").reject(Object.assign(new Error("Archived."), { status: 409, code: "archived" }));
  await turns();
  assert.deepEqual(states(made), ["a failed"]);
});

test("a refusal says why, ends the waiting of its message, and can be tried again", async () => {
  const made = uploads();
  made.add(7, [file("a"), file("b")]);
  assert.equal(made.hold(7, MESSAGE), true);
  await made.server.refuse("a", 413, "Your files take 2 GB already.");
  assert.equal(made.inRoom(7)[0].note, "Your files take 2 GB already.");
  assert.equal(made.heldMessage(7), null);
  await made.server.arrive("b");
  assert.deepEqual(made.told, [["released", 7, "Here it is"], ["failed", "a"], ["ready", "b"]]);
  made.resume(made.inRoom(7)[0].id);
  await made.server.arrive("a");
  assert.deepEqual(states(made), ["a ready", "b ready"]);
  assert.equal(made.hold(7, MESSAGE), false);
});

test("a message does not wait for a file that failed, nor for others beside it", async () => {
  const made = uploads();
  made.add(7, [file("a"), file("b")]);
  await made.server.refuse("a", 413);
  assert.equal(made.hold(7, MESSAGE), false);
  assert.equal(made.heldMessage(7), null);
  assert.deepEqual(made.failed(7).map(({ name }) => name), ["a"]);
  made.cancel(made.inRoom(7)[0].id);
  assert.deepEqual(made.failed(7), []);
  assert.equal(made.hold(7, MESSAGE), true);
  await made.server.arrive("b");
  assert.deepEqual(made.told.at(-1), ["complete", 7, "Here it is"]);
});

test("a message that waits goes once, when the last of its files is there", async () => {
  const made = uploads();
  made.addEventListener("complete", ({ detail }) => made.takeAttachments(detail.room));
  made.add(7, [file("a"), file("b")]);
  made.hold(7, MESSAGE);
  await made.server.arrive("b");
  assert.deepEqual(made.told, [["ready", "b"]]);
  await made.server.arrive("a");
  assert.deepEqual(made.told, [["ready", "b"], ["ready", "a"], ["complete", 7, "Here it is"]]);
});

test("what a message waits for may be taken away: then it goes", async () => {
  const made = uploads();
  made.add(7, [file("a"), file("b")]);
  made.hold(7, MESSAGE);
  await made.server.arrive("a");
  made.cancel(made.inRoom(7)[1].id);
  assert.deepEqual(made.told.at(-1), ["complete", 7, "Here it is"]);
});

test("where nothing is left to wait for, the message is given back", async () => {
  const made = uploads();
  made.add(7, [file("a")]);
  made.hold(7, MESSAGE);
  made.cancel(made.inRoom(7)[0].id);
  assert.deepEqual(made.told, [["released", 7, "Here it is"]]);
  made.add(7, [file("b"), file("c")]);
  made.hold(7, MESSAGE);
  await made.server.arrive("b");
  made.removeRoom(7);
  assert.deepEqual(made.told.slice(1), [["ready", "b"], ["released", 7, "Here it is"]]);
});

test("a message is kept with its files: who goes on with them has it, whole", async () => {
  const before = uploads({ tab: "a" });
  before.add(7, [file("a"), file("b")]);
  before.hold(7, MESSAGE);
  await before.server.arrive("a");
  const after = uploads({ store: before.store, tab: "b", openTabs: async () => new Set(["b"]) });
  const posted = [];
  after.addEventListener("complete", ({ detail: { room, held } }) => posted.push([held, after.takeAttachments(room).length]));
  await after.takeOver();
  await after.server.arrive("b");
  assert.deepEqual(posted, [[{ ...MESSAGE, id: posted[0][0].id }, 2]]);
});

test("two messages that waited in two tabs are both given back where their files come together", async () => {
  const before = uploads({ tab: "a" });
  before.add(7, [file("a")]);
  before.hold(7, MESSAGE);
  await turns();
  const after = uploads({ store: before.store, tab: "b", openTabs: async () => new Set(["b"]) });
  after.add(7, [file("b")]);
  after.hold(7, { body: "Another" });
  await after.takeOver();
  assert.deepEqual(after.told.sort(), [["released", 7, "Another"], ["released", 7, "Here it is"]]);
  await after.server.arrive("a");
  await after.server.arrive("b");
  assert.equal(after.told.some(([what]) => what === "complete"), false);
});

test("a file that is added to a message that waits is waited for", async () => {
  const made = uploads();
  made.add(7, [file("a")]);
  made.hold(7, MESSAGE);
  made.add(7, [file("b")]);
  await made.server.arrive("a");
  assert.deepEqual(made.told, [["ready", "a"]]);
  await made.server.arrive("b");
  assert.deepEqual(made.told.at(-1), ["complete", 7, "Here it is"]);
});

test("a picture's text waits for the picture", async () => {
  const made = uploads();
  made.add(7, [file("a", 10, "image/png")]);
  const [upload] = made.inRoom(7);
  await made.setAlt(upload, "A cat");
  assert.deepEqual(made.server.described, []);
  await made.server.arrive("a");
  assert.deepEqual(made.server.described, [["id-a", "A cat"]]);
  await made.setAlt(upload, "Two cats");
  assert.deepEqual(made.takeAttachments(7)[0].alt, "Two cats");
  await made.setAlt(upload, "Three cats");
  assert.deepEqual(made.server.described.at(-1), ["id-a", "Three cats"]);
});

test("a reload goes on with what was on its way, as it was paused or held", async () => {
  const before = uploads();
  before.add(7, [file("a"), file("b"), file("c")]);
  before.pause(before.inRoom(7)[1].id);
  await before.server.arrive("c");
  before.hold(7, MESSAGE);
  await turns();
  const after = uploads({ store: before.store });
  await after.takeOver();
  assert.deepEqual(states(after), ["a sending", "b paused", "c ready"]);
  assert.deepEqual(after.server.begun, [["a", "/uploads/id-a/"]]);
  after.resume(after.inRoom(7)[1].id);
  await after.server.arrive("a");
  await after.server.arrive("b");
  assert.deepEqual(after.told.at(-1), ["complete", 7, "Here it is"]);
});

test("a file that the browser could not keep must be chosen again, and no other one will do", async () => {
  const store = new UploadStore(new MemoryStore("id"), { put: async () => {}, get: async () => undefined, remove: async () => {} });
  const before = uploads({ store });
  before.add(7, [file("film.mp4", 10)]);
  await turns();
  const after = uploads({ store });
  await after.takeOver();
  const [{ id }] = after.inRoom(7);
  assert.deepEqual(states(after), ["film.mp4 missing"]);
  assert.equal(after.replace(id, file("film.mp4", 11)), false);
  assert.equal(after.replace(id, file("other.mp4", 10)), false);
  assert.equal(after.replace(id, file("film.mp4", 10)), true);
  assert.deepEqual(after.server.begun, [["film.mp4", "/uploads/id-film.mp4/"]]);
});

test("what nobody posted for a day is gone from the server, and must be chosen again", async () => {
  const made = uploads();
  made.add(7, [file("a")]);
  await made.server.arrive("a");
  mock.timers.tick(24 * 3_600_000);
  assert.equal(made.hold(7, MESSAGE), false);
  assert.deepEqual(states(made), ["a missing"]);
  assert.deepEqual(made.failed(7), made.inRoom(7));
  made.replace(made.inRoom(7)[0].id, file("a"));
  assert.deepEqual(made.server.begun, [
    ["a", null],
    ["a", null],
  ]);
});

test("a file that has gone from the disk meanwhile is not taken for a lost line", async () => {
  const made = uploads();
  const gone = file("a");
  gone.slice = () => ({ arrayBuffer: () => Promise.reject(new Error("not readable")) });
  made.add(7, [gone]);
  await made.server.refuse("a", 0);
  assert.deepEqual(states(made), ["a missing"]);
});

test("a message does not wait after a reload that lost one of its files", async () => {
  const files = new MemoryFiles();
  const before = uploads({ store: new UploadStore(new MemoryStore("id"), files) });
  before.add(7, [file("a"), file("b")]);
  before.hold(7, MESSAGE);
  await turns();
  await files.remove(before.inRoom(7)[0].id);
  const after = uploads({ store: before.store });
  await after.takeOver();
  assert.deepEqual(states(after), ["a missing", "b sending"]);
  assert.equal(after.heldMessage(7), null);
});

test("a message that waited in a tab that is gone does not take along what another writes", async () => {
  const before = uploads({ tab: "a" });
  before.add(7, [file("a")]);
  before.hold(7, MESSAGE);
  await turns();
  const living = new Set(["b"]);
  const after = uploads({ store: before.store, tab: "b", openTabs: async () => living });
  after.add(7, [file("b")]);
  await after.takeOver();
  assert.equal(after.heldMessage(7), null);
  await after.server.arrive("a");
  await after.server.arrive("b");
  assert.deepEqual(after.told, [["released", 7, "Here it is"], ["ready", "a"], ["ready", "b"]]);
});

test("a message that waited in a tab that is gone does not take along what is half typed here", async () => {
  for (const begun of [7, 8]) {
    const before = uploads({ tab: "a" });
    before.add(7, [file("a")]);
    before.hold(7, MESSAGE);
    await turns();
    const after = uploads({ store: before.store, tab: "b", openTabs: async () => new Set(["b"]) });
    await after.takeOver({ isBegun: (room) => room === begun });
    assert.equal(Boolean(after.heldMessage(7)), begun !== 7);
  }
});

test("what ends while the message goes out does not bring its file back after a reload", async () => {
  const made = uploads();
  made.add(7, [file("a", 10, "image/png")]);
  await made.server.arrive("a");
  const answer = Promise.withResolvers();
  made.server.saveAltText = () => answer.promise;
  const described = made.setAlt(made.inRoom(7)[0], "A cat");
  const [attachment] = made.takeAttachments(7);
  answer.resolve();
  await described;
  assert.equal(attachment.alt, "A cat");
  await turns();
  assert.deepEqual(await kept(made), []);
});

test("a file that is cancelled while it is looked for on the disk stays away", async () => {
  const made = uploads();
  const [gone, answer] = unreadable("a");
  made.add(7, [gone]);
  await made.server.refuse("a", 0);
  made.cancel(made.inRoom(7)[0].id);
  answer();
  await turns();
  assert.deepEqual([states(made), made.told, await kept(made)], [[], [], []]);
});

test("a pause stays one, also when the line breaks at that moment", async () => {
  for (const isThere of [true, false]) {
    const made = uploads();
    const [slow, answer] = unreadable("a", isThere);
    made.add(7, [slow]);
    await made.server.refuse("a", 0);
    made.pause(made.inRoom(7)[0].id);
    answer();
    await turns();
    mock.timers.tick(60_000);
    assert.deepEqual([states(made), made.server.begun.length], [["a paused"], 1]);
  }
});

test("a second tab leaves a living one's files alone and takes those of a dead one, and nobody else's", async () => {
  const { store } = uploads();
  uploads({ store, tab: "a" }).add(7, [file("a")]);
  uploads({ store, tab: "c", user: 2 }).add(7, [file("hers")]);
  await turns();
  const living = new Set(["a", "b"]);
  const other = uploads({ store, tab: "b", openTabs: async () => living });
  await other.takeOver();
  assert.deepEqual(states(other), []);
  living.delete("a");
  await other.takeOver();
  assert.deepEqual(states(other), ["a sending"]);
});

test("where tabs cannot be told apart, one that goes on shows it", async () => {
  const made = uploads({ tab: "a" });
  made.add(7, [file("a", 100)]);
  for (let sent = 1; sent < 10; sent += 1) {
    mock.timers.tick(6000);
    made.server.ways.get("a").onProgress(sent);
  }
  await turns();
  const other = uploads({ store: made.store, tab: "b" });
  await other.takeOver();
  assert.deepEqual(states(other), []);
});

test("where tabs cannot be told apart, one that lives keeps what it has, whatever becomes of it", async () => {
  const made = uploads({ tab: "a" });
  const other = uploads({ store: made.store, tab: "b" });
  made.add(7, [file("a"), file("b")]);
  await made.server.arrive("a");
  made.pause(made.inRoom(7)[1].id);
  for (let n = 0; n < 30; n += 1) {
    made.renewLease();
    mock.timers.tick(5000);
  }
  await turns();
  await other.takeOver();
  assert.deepEqual(states(other), []);
  mock.timers.tick(120_000);
  await other.takeOver();
  assert.deepEqual(states(other), ["a ready", "b paused"]);
});

test("a room that is gone takes its files along", async () => {
  const made = uploads();
  made.add(7, [file("a")]);
  made.add(8, [file("b")]);
  made.removeRoom(7);
  assert.deepEqual([states(made, 7), states(made, 8)], [[], ["b sending"]]);
});

test("a file over the limit is refused with the limit in words", () => {
  const sentence = validateFile({ name: "film.mp4", size: 312_000_000, type: "video/mp4" }, LIMITS);
  assert.equal(sentence, `“film.mp4” is ${formatSize(312_000_000)}. The limit is ${formatSize(100_000_000)}.`);
  assert.equal(validateFile({ name: "film.mp4", size: 100_000_000, type: "video/mp4" }, LIMITS), "");
});

test("types are refused by ending, by group and by name", () => {
  const limits = (allowed, denied = []) => ({ ...LIMITS, file_types: { allowed, denied } });
  const picture = { name: "A.PNG", size: 1, type: "image/png" };
  assert.match(validateFile(picture, limits([], [".png"])), /: \.png files aren’t allowed\./);
  assert.match(validateFile(picture, limits([], ["image/*"])), /: image\/\* files aren’t allowed\./);
  assert.match(validateFile(picture, limits(["text/*", ".zip"])), /only text\/\* and \.zip files are allowed\./);
  for (const allowed of [".png", "image/*", "image/png"]) assert.equal(validateFile(picture, limits([allowed])), "");
  assert.equal(validateFile({ name: "unknown", size: 1, type: "" }, limits(["image/*"])), "");
  assert.notEqual(validateFile({ name: "unknown", size: 1, type: "" }, limits([".png"])), "");
});

test("a message takes ten files; what is too much is named, what is refused does not count", () => {
  const files = Array.from({ length: 5 }, (_, n) => file(`${n}.txt`));
  const { accepted, errors } = validateFiles([file("x.exe"), ...files], 6, LIMITS);
  assert.deepEqual(
    accepted.map(({ name }) => name),
    ["0.txt", "1.txt", "2.txt", "3.txt"],
  );
  assert.match(errors[0], /x\.exe/);
  assert.match(errors[1], /up to 10 files\. “4.txt” wasn’t added\./);
});

test("a speed is told when it can be, and does not hop", () => {
  const speed = new UploadSpeed();
  speed.record(0, 0);
  assert.equal(speed.bytesPerSecond, null);
  speed.record(1_000_000, 1000);
  assert.equal(speed.bytesPerSecond, 1_000_000);
  speed.record(1_000_000, 2000);
  assert.ok(speed.bytesPerSecond > 600_000 && speed.bytesPerSecond < 1_000_000);
  speed.record(9_000_000, 2100);
  assert.ok(speed.bytesPerSecond < 1_000_000);
});

test("a text that comes in any portions is drawn in whole lines, many at once", async () => {
  const lines = splitter(2);
  const writer = lines.writable.getWriter();
  for (const portion of ["on", "e\ntwo\nthree\nfo", "ur", "\nfive"]) writer.write(portion);
  writer.close();
  const pieces = [];
  for await (const piece of lines.readable) pieces.push(piece);
  assert.deepEqual(pieces, [["one", "two"], ["three"], ["four"], ["five"]]);
});

test("a message in one line is what it says, or else the names of its files", () => {
  assert.equal(excerptOf({ body: "one\ntwo", attachments: [{ name: "a.png" }] }, 20), "one two");
  assert.equal(excerptOf({ body: "", attachments: [{ name: "a.png" }, { name: "b.txt" }] }, 20), "📎 a.png, b.txt");
  assert.equal(excerptOf({ body: "abcdef" }, 4), "abc…");
  assert.equal(excerptOf({ body: "" }, 4), "");
});
