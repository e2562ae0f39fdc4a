import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { DraftSync } from "chatsite/model/draft_sync.js";
import { Drafts } from "chatsite/store/drafts.js";
import { SafeStorage } from "chatsite/store/safe_storage.js";

const ROOM = 7;

/** A server that stores one draft, as messaging/posting/drafts.py does, and devices with a browser each. */
class Server {
  stored = { room: ROOM, version: 0, body: "", reply_to: null };
  devices = [];

  set({ body, reply_to: reply, known }) {
    if (known === this.stored.version) {
      this.stored = { room: ROOM, version: known + 1, body, reply_to: reply ? { id: reply } : null };
      for (const device of this.devices) if (device.isLive) device.sync.learn(this.stored);
    }
    return { draft: this.stored };
  }
}

class Device {
  isLive = true;
  sent = [];
  #waiting = [];

  /** `storage` is the browser's, which all of its tabs share. */
  constructor(server, storage = new SafeStorage(() => null)) {
    this.server = server;
    this.storage = storage;
    this.drafts = new Drafts(storage, 1);
    const device = this;
    const socket = {
      get state() {
        return device.isLive ? "live" : "lost";
      },
      send: async (type, fields) => {
        device.sent.push(fields.body);
        if (device.refuses) throw new Error("too long");
        return server.set(fields);
      },
    };
    this.sync = new DraftSync({ drafts: this.drafts, socket, storage, user: 1, delay: (run) => this.#waiting.push(run) });
    server.devices.push(this);
  }

  write(body, replyTo = null) {
    this.drafts.set(ROOM, { body, replyTo });
  }

  get text() {
    return this.drafts.get(ROOM).body;
  }

  /** Lets all planned times come. */
  async pause() {
    while (this.#waiting.length) {
      this.#waiting.shift()();
      await new Promise(setImmediate);
    }
  }

  async reconnect() {
    this.isLive = true;
    const { stored } = this.server;
    this.sync.replace(stored.body || stored.reply_to ? [stored] : [], [ROOM]);
    await this.pause();
  }
}

let server, phone, desk;

beforeEach(() => {
  server = new Server();
  [phone, desk] = [new Device(server), new Device(server)];
});

test("a draft goes to the other device, and only its latest state is sent", async () => {
  for (const text of ["H", "He", "Hello"]) phone.write(text);
  await phone.pause();
  assert.deepEqual(phone.sent, ["Hello"]);
  assert.equal(desk.text, "Hello");
  desk.write("Hello there");
  await desk.pause();
  assert.equal(phone.text, "Hello there");
  assert.deepEqual(phone.sent, ["Hello"]);
});

test("a message that was sent is gone on the other device", async () => {
  phone.write("Hello");
  await phone.pause();
  phone.write("");
  await phone.pause();
  assert.equal(desk.text, "");
  assert.equal(server.stored.body, "");
});

test("a message typed and sent at once never becomes a draft elsewhere", async () => {
  phone.write("Hello");
  phone.write("");
  await phone.pause();
  assert.deepEqual(phone.sent, []);
});

test("what was written on both devices at the same time is kept", async () => {
  phone.isLive = false;
  phone.write("Written on the train");
  await phone.pause();
  desk.write("Written at the desk");
  await desk.pause();
  await phone.reconnect();
  for (const text of ["Written on the train", "Written at the desk"]) assert.ok(phone.text.includes(text));
  assert.equal(server.stored.body, phone.text);
  assert.equal(desk.text, phone.text);
});

test("the longer text wins if it begins with the other one", async () => {
  desk.write("Hello");
  await desk.pause();
  phone.isLive = false;
  desk.write("Hello there");
  phone.write("Hello there, Ana");
  await desk.pause();
  await phone.reconnect();
  assert.equal(phone.text, "Hello there, Ana");
  assert.equal(desk.text, "Hello there, Ana");
});

test("a draft written offline is sent later", async () => {
  phone.isLive = false;
  phone.write("From the tunnel", { id: 3 });
  await phone.pause();
  await phone.reconnect();
  assert.equal(desk.text, "From the tunnel");
  assert.equal(desk.drafts.get(ROOM).replyTo.id, 3);
});

test("a draft that was sent on the other device meanwhile is gone here, unless it was changed here", async () => {
  phone.write("Hello");
  await phone.pause();
  phone.isLive = false;
  desk.write("");
  await desk.pause();
  await phone.reconnect();
  assert.equal(phone.text, "");

  phone.write("Again");
  await phone.pause();
  phone.isLive = false;
  phone.write("Again and more");
  desk.write("");
  await desk.pause();
  await phone.reconnect();
  assert.equal(phone.text, "Again and more");
  assert.equal(desk.text, "Again and more");
});

test("an earlier state of a text that was sent doesn't come back", async () => {
  phone.write("Hello");
  await phone.pause();
  phone.write("Hello there");
  server.devices = []; // the event is late
  desk.write("Hello ther"); // like another tab, whose draft is sent first
  await desk.pause();
  phone.drafts.set(ROOM, { body: "", replyTo: null });
  await phone.pause();
  assert.equal(phone.text, "");
  assert.equal(server.stored.body, "");
});

test("a text that was sent while its draft was on the way to the server doesn't come back in another tab", async () => {
  const tab = new Device(server, phone.storage);
  for (const [typed, left] of [
    ["Hello", ""],
    ["Hello again", "Hello ag"],
  ]) {
    const original = server.set.bind(server);
    server.set = async (fields) => {
      phone.write(left); // before the reply and the event for the other tab arrive
      server.set = original;
      return original(fields);
    };
    phone.write(typed);
    await phone.pause();
    await tab.pause();
    assert.deepEqual([phone.text, tab.text, server.stored.body], [left, left, left]);
  }
});

test("a text that was sent while the connection was lost doesn't come back with it", async () => {
  const original = server.set.bind(server);
  server.set = async (fields) => {
    phone.isLive = false;
    original(fields);
    throw new Error("the reply is lost");
  };
  phone.write("Hello");
  await phone.pause();
  server.set = original;
  phone.write("");
  const reloaded = new Device(server, phone.storage);
  await reloaded.reconnect();
  assert.deepEqual([reloaded.text, server.stored.body], ["", ""]);
});

test("a draft of another device isn't taken for one that never reached the server", async () => {
  const original = server.set.bind(server);
  for (const isLive of [false, true]) {
    server.set = async () => {
      phone.isLive = isLive; // the frame is lost with the connection, or refused
      throw new Error("not stored");
    };
    phone.write("Hello");
    await phone.pause();
    server.set = original;
    phone.write("");
    await phone.reconnect();
    desk.write("Hello");
    await desk.pause();
    await phone.pause();
    assert.deepEqual([phone.text, desk.text, server.stored.body], ["Hello", "Hello", "Hello"]);
    desk.write("");
    await desk.pause();
  }
});

test("a refused draft stays in the browser, and isn't sent over and over", async () => {
  phone.refuses = true;
  phone.write("x".repeat(10_000));
  await phone.pause();
  assert.equal(phone.sent.length, 1);
  assert.equal(phone.text.length, 10_000);
  phone.refuses = false;
  phone.write("Short");
  await phone.pause();
  assert.equal(desk.text, "Short");
});

test("a change that arrives while one is being sent isn't lost", async () => {
  phone.write("One");
  await phone.pause();
  let answer;
  const original = server.set.bind(server);
  server.set = (fields) => {
    const reply = original(fields);
    server.set = original;
    return new Promise((resolve) => (answer = () => resolve(reply)));
  };
  phone.write("Two");
  await phone.pause();
  desk.write("Three");
  await desk.pause();
  answer();
  await new Promise(setImmediate);
  assert.equal(phone.text, "Three");
});

test("leaving the page sends what is written", async () => {
  phone.write("Half a sen");
  phone.sync.flush();
  await new Promise(setImmediate);
  assert.equal(desk.text, "Half a sen");
});

test("a server whose drafts were restored from a backup is believed", async () => {
  for (const text of ["a", "b", "c"]) {
    phone.write(text);
    await phone.pause();
  }
  server.stored = { room: ROOM, version: 1, body: "a", reply_to: null };
  phone.write("d");
  await phone.pause();
  assert.ok(phone.text.includes("d"));
  assert.equal(server.stored.body, phone.text);
});
