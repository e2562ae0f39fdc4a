/** Whatever a person writes can be sent: the server can read every frame, and what it can't store is replaced. */

import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { Outbox } from "chatsite/model/outbox.js";
import { Socket } from "chatsite/net/socket.js";
import { MemoryStore } from "chatsite/store/indexed_db.js";
import { toWellFormed } from "chatsite/format/well_formed.js";

const COUNT = 500;
const UNITS = [0, 1, 9, 10, 0x22, 0x5c, 0x61, 0xe9, 0x2028, 0xd7ff, 0xd800, 0xd83d, 0xdbff, 0xdc00, 0xde00, 0xdfff, 0xe000, 0xfffe, 0xffff];

/** Returns a random string of UTF-16 code units, always the same for the same seed (mulberry32). */
function anyString(seed) {
  let state = seed;
  const random = (limit) => {
    state = (state + 0x6d2b79f5) | 0;
    let bits = Math.imul(state ^ (state >>> 15), 1 | state);
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits;
    return ((bits ^ (bits >>> 14)) >>> 0) % limit;
  };
  const unit = () => (random(3) ? UNITS[random(UNITS.length)] : random(0x10000));
  return String.fromCharCode(...Array.from({ length: random(12) }, unit));
}

/** Reads a frame like the server, which refuses strings without a UTF-8 encoding and doesn't know whose reply to send. */
function parse(frame) {
  JSON.parse(frame, (_name, value) => {
    if (typeof value === "string") assert.ok(value.isWellFormed() && !value.includes("\0"), JSON.stringify(value));
    return value;
  });
  return JSON.parse(frame);
}

class StrictWebSocket {
  static last;
  received = [];

  constructor() {
    StrictWebSocket.last = this;
  }

  send(text) {
    const command = parse(text);
    this.received.push(command);
    if (!("ref" in command)) return;
    this.onmessage({ data: JSON.stringify([{ type: "ok", ref: command.ref, message: { id: 1, room: command.room } }]) });
  }

  close() {}
}

function createLiveSocket() {
  const socket = new Socket({ url: "ws://chat/ws/", WebSocket: StrictWebSocket, checkSession: async () => true });
  socket.connect();
  StrictWebSocket.last.onopen();
  StrictWebSocket.last.onmessage({ data: '[{"type": "welcome"}]' });
  return socket;
}

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout", "setInterval", "Date"] });
});

test("every string leaves the outbox, in order, and well-formed text is unchanged", async () => {
  const socket = createLiveSocket();
  const outbox = new Outbox({ store: new MemoryStore(), user: 1, tab: "a", send: (fields) => socket.send("message.post", fields) });
  const bodies = Array.from({ length: COUNT }, (_, seed) => anyString(seed));
  for (const body of bodies) outbox.add({ room: 7, body });
  outbox.resume();
  while (!outbox.isEmpty) {
    await new Promise((resolve) => setImmediate(resolve));
    assert.ok(outbox.items.every(({ state }) => state === "waiting"));
  }
  const sent = StrictWebSocket.last.received.map(({ body }) => body);
  assert.deepEqual(sent, bodies.map(toWellFormed));
  for (const body of bodies.filter((each) => each.isWellFormed() && !each.includes("\0"))) assert.ok(sent.includes(body));
});

test("the same goes for edits, whose text may be anything as well", async () => {
  const socket = createLiveSocket();
  for (let seed = 0; seed < COUNT; seed += 1) await socket.send("message.edit", { message: 1, body: anyString(seed) });
  assert.equal(StrictWebSocket.last.received.length, COUNT);
});

test("a replacement character stands for each half of an emoji", () => {
  assert.equal(toWellFormed("a\ud83d b\ude00 c😀 d\0"), "a\ufffd b\ufffd c😀 d\ufffd");
});
