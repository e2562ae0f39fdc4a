/** The socket: replies, pings, reconnecting. */

import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { Socket } from "chatsite/net/socket.js";

class FakeWebSocket {
  static instances = [];
  readyState = 1;
  sent = [];
  closed = false;

  constructor(url) {
    this.url = url;
    FakeWebSocket.instances.push(this);
  }

  send(text) {
    this.sent.push(JSON.parse(text));
  }

  close() {
    this.closed = true;
  }

  receive(...events) {
    this.onmessage({ data: JSON.stringify(events) });
  }

  static get last() {
    return FakeWebSocket.instances.at(-1);
  }
}

const settle = () => new Promise((resolve) => setImmediate(resolve));

function createSocket({ isLoggedIn = true, random = () => 0.5, ...more } = {}) {
  const socket = new Socket({ url: "ws://chat/ws/", WebSocket: FakeWebSocket, random, checkSession: async () => isLoggedIn, ...more });
  socket.states = [];
  socket.events = [];
  socket.addEventListener("state", ({ detail }) => socket.states.push(detail));
  socket.addEventListener("event", ({ detail }) => socket.events.push(detail));
  socket.addEventListener("loggedout", () => socket.events.push("loggedout"));
  return socket;
}

function createLiveSocket(options) {
  const socket = createSocket(options);
  socket.connect();
  FakeWebSocket.last.onopen();
  FakeWebSocket.last.receive({ type: "welcome", protocol: 1 });
  return socket;
}

beforeEach(() => {
  FakeWebSocket.instances = [];
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout", "setInterval", "Date"] });
});

test("the welcome makes the connection live", () => {
  const socket = createLiveSocket();
  assert.equal(socket.state, "live");
  assert.equal(socket.events[0].type, "welcome");
});

test("a reply is matched to its command by the ref", async () => {
  const socket = createLiveSocket();
  const first = socket.send("room.read", { room: 7, seq: 3 });
  const second = socket.send("message.delete", { message: 9 });
  const [one, two] = FakeWebSocket.last.sent;
  FakeWebSocket.last.receive({ type: "error", ref: two.ref, code: "forbidden", detail: "No." }, { type: "ok", ref: one.ref });
  assert.equal((await first).type, "ok");
  await assert.rejects(second, { code: "forbidden", message: "No." });
  assert.deepEqual({ ...one, ref: 0 }, { type: "room.read", ref: 0, room: 7, seq: 3 });
});

test("nothing is written to a connection that is being closed", async () => {
  const socket = createLiveSocket();
  FakeWebSocket.last.readyState = 2;
  socket.sendAndForget("room.typing", { room: 7 });
  const sent = socket.send("room.read", { room: 7, seq: 3 });
  assert.deepEqual(FakeWebSocket.last.sent, []);
  FakeWebSocket.last.onclose({ code: 1006, reason: "" });
  await assert.rejects(sent, { code: "offline" });
});

test("an error carries the delay before the next attempt", async () => {
  const socket = createLiveSocket();
  const sent = socket.send("message.post");
  FakeWebSocket.last.receive({ type: "error", ref: FakeWebSocket.last.sent[0].ref, code: "slow_mode", detail: "Wait.", retry_after: 4 });
  await assert.rejects(sent, { retryAfter: 4 });
});

test("replies without a command and unknown events are ignored", () => {
  const socket = createLiveSocket();
  FakeWebSocket.last.receive({ type: "ok", ref: "999" }, { type: "error", ref: null, code: "invalid", detail: "?" }, { type: "of.later" });
  assert.equal(socket.events.at(-1).type, "of.later");
});

test("a command without a connection fails at once", async () => {
  const socket = createSocket();
  socket.connect();
  await assert.rejects(socket.send("ping"), { code: "offline" });
});

test("a lost connection fails the pending commands", async () => {
  const socket = createLiveSocket();
  const sent = socket.send("message.post");
  FakeWebSocket.last.onclose({ code: 1006 });
  await assert.rejects(sent, { code: "offline" });
  assert.equal(socket.state, "offline");
});

test("it pings every 25 seconds, and gives up after 10 seconds of silence", () => {
  const socket = createLiveSocket();
  mock.timers.tick(25_000);
  assert.equal(FakeWebSocket.last.sent.at(-1).type, "ping");
  mock.timers.tick(9_999);
  assert.equal(socket.state, "live");
  mock.timers.tick(1);
  assert.equal(socket.state, "offline");
  assert.ok(FakeWebSocket.instances[0].closed);
});

test("any frame shows that the connection is alive", () => {
  const socket = createLiveSocket();
  mock.timers.tick(25_000);
  FakeWebSocket.last.receive({ type: "presence", online: [], offline: [] });
  mock.timers.tick(10_001);
  assert.equal(socket.state, "live");
});

test("a connection without a welcome is given up", () => {
  const socket = createSocket();
  socket.connect();
  mock.timers.tick(15_000);
  assert.equal(socket.state, "offline");
});

test("it reconnects within half a second, one, two, then three for a while, and at last thirty", () => {
  const socket = createSocket({ random: () => 1 });
  socket.connect();
  const delays = [];
  for (let i = 0; i < 70; i += 1) {
    FakeWebSocket.last.onclose({ code: 1006 });
    delays.push(socket.states.at(-1).retryIn);
    mock.timers.tick(30_000);
  }
  assert.deepEqual(delays.slice(0, 5), [500, 1000, 2000, 3000, 3000]);
  const short = delays.filter((delay) => delay <= 3000);
  assert.ok(short.reduce((sum, delay) => sum + delay) / 2 >= 60_000, "on average, it tries at short intervals for a minute");
  assert.deepEqual([delays[45], delays.at(-1)], [10_000, 30_000]);
});

test("a stable connection resets the delay, a flapping one does not", () => {
  const socket = createSocket({ random: () => 1 });
  socket.connect();
  for (const stableFor of [0, 0, 20_000]) {
    FakeWebSocket.last.onopen();
    FakeWebSocket.last.receive({ type: "welcome" });
    mock.timers.tick(stableFor);
    FakeWebSocket.last.onclose({ code: 1006 });
    mock.timers.tick(2000);
  }
  const delays = socket.states.filter(({ state }) => state === "offline").map(({ retryIn }) => retryIn);
  assert.deepEqual(delays, [500, 1000, 500]);
});

test("a restarting server is given the time it asked for", () => {
  const socket = createLiveSocket();
  FakeWebSocket.last.receive({ type: "server.closing", reason: "restart", retry_after: 3 });
  FakeWebSocket.last.onclose({ code: 1012 });
  const { reason, retryIn } = socket.states.at(-1);
  assert.equal(reason, "restarting");
  assert.ok(retryIn > 3000 && retryIn < 6000);
});

test("failed attempts while the server restarts keep the reason", () => {
  const socket = createLiveSocket();
  FakeWebSocket.last.onclose({ code: 1012 });
  mock.timers.tick(5000);
  FakeWebSocket.last.onclose({ code: 1006 });
  assert.equal(socket.reason, "restarting");
});

test("a full server is not tried again for ten seconds", () => {
  const socket = createLiveSocket();
  FakeWebSocket.last.onclose({ code: 1013, reason: "Fifty are here." });
  assert.deepEqual([socket.reason, socket.detail], ["full", "Fifty are here."]);
  mock.timers.tick(9_999);
  assert.equal(FakeWebSocket.instances.length, 1);
});

test("a wrong origin is not tried again", () => {
  const socket = createLiveSocket();
  FakeWebSocket.last.onclose({ code: 4403 });
  mock.timers.tick(600_000);
  socket.wake();
  assert.equal(FakeWebSocket.instances.length, 1);
});

test("a closed handshake of a logged-out person dispatches loggedout and stops", async () => {
  const socket = createSocket({ isLoggedIn: false });
  socket.connect();
  FakeWebSocket.last.onclose({ code: 1006 });
  await settle();
  assert.deepEqual(socket.events, ["loggedout"]);
  mock.timers.tick(60_000);
  assert.equal(FakeWebSocket.instances.length, 1);
});

test("a closed handshake of a logged-in person is tried again", async () => {
  const socket = createSocket();
  socket.connect();
  FakeWebSocket.last.onclose({ code: 1006 });
  await settle();
  mock.timers.tick(500);
  assert.equal(FakeWebSocket.instances.length, 2);
  assert.deepEqual(socket.events, []);
});

test("the session is verified after 4401, and not after a lost connection", async () => {
  const socket = createLiveSocket({ isLoggedIn: false });
  FakeWebSocket.last.onclose({ code: 4401 });
  await settle();
  assert.equal(socket.events.at(-1), "loggedout");
});

test("after 4401 it does not reconnect before the session is verified", async () => {
  const socket = createLiveSocket({ isLoggedIn: true });
  FakeWebSocket.last.onclose({ code: 4401 });
  mock.timers.tick(10_000);
  assert.equal(FakeWebSocket.instances.length, 1);
  await settle();
  mock.timers.tick(500);
  assert.equal(FakeWebSocket.instances.length, 2);
  assert.ok(!socket.events.includes("loggedout"));
});

test("a closed socket stays closed, and dispatches and sends nothing", async () => {
  const socket = createLiveSocket();
  socket.close();
  mock.timers.tick(120_000);
  socket.wake();
  assert.equal(FakeWebSocket.instances.length, 1);
  assert.ok(FakeWebSocket.last.closed);
  assert.equal(socket.states.length, 1);
  const sent = FakeWebSocket.last.sent.length;
  socket.sendAndForget("typing");
  await assert.rejects(socket.send("ping"), { code: "offline" });
  assert.equal(FakeWebSocket.last.sent.length, sent);
});

test("waking ends the delay at once", () => {
  const socket = createLiveSocket();
  mock.timers.tick(2000);
  FakeWebSocket.last.onclose({ code: 1013 });
  socket.wake();
  assert.equal(FakeWebSocket.instances.length, 2);
  socket.wake();
  assert.equal(FakeWebSocket.instances.length, 2);
});

test("someone who posts a lot while offline causes neither more attempts nor longer delays", () => {
  const socket = createSocket({ random: () => 1 });
  socket.connect();
  let closed;
  for (let times = 0; times < 100; times += 1) {
    if (FakeWebSocket.last !== closed) (closed = FakeWebSocket.last).onclose({ code: 1006 });
    socket.wake();
    mock.timers.tick(30);
  }
  assert.ok(FakeWebSocket.instances.length > 3 && FakeWebSocket.instances.length < 8, `${FakeWebSocket.instances.length} attempts in 3 seconds`);
  assert.equal(socket.states.at(-1).retryIn, 500);
});

test("waking a live connection pings it", () => {
  const socket = createLiveSocket();
  socket.wake();
  assert.equal(FakeWebSocket.last.sent.at(-1).type, "ping");
  mock.timers.tick(10_000);
  assert.equal(socket.state, "offline");
});

test("a command that is never answered fails after a while, and a late reply is ignored", async () => {
  const socket = createLiveSocket();
  const sent = socket.send("message.post", { body: "one" });
  const { ref } = FakeWebSocket.last.sent[0];
  for (let second = 0; second < 60; second += 1) {
    mock.timers.tick(1000);
    FakeWebSocket.last.receive({ type: "presence" }); // the connection itself is alive
  }
  await assert.rejects(sent, { code: "timeout", message: "The server didn’t respond." });
  FakeWebSocket.last.receive({ type: "ok", ref });
  assert.equal(socket.state, "live");
});

test("a frame for which the server would close the connection isn't sent", async () => {
  const socket = createLiveSocket({ maxFrame: 100 });
  await assert.rejects(socket.send("message.edit", { message: 1, body: "é".repeat(50) }), { code: "too_long" });
  assert.deepEqual(FakeWebSocket.last.sent, []);
  socket.send("message.edit", { message: 1, body: "é".repeat(10) }).catch(() => {});
  assert.equal(FakeWebSocket.last.sent.length, 1);
});

test("an error names the invalid field", async () => {
  const socket = createLiveSocket();
  const sent = socket.send("message.post");
  const error = { type: "error", code: "not_found", field: "reply_to", detail: "reply_to: Gone." };
  FakeWebSocket.last.receive({ ...error, ref: FakeWebSocket.last.sent[0].ref });
  await assert.rejects(sent, { code: "not_found", field: "reply_to", message: "Gone." });
});

/** Lets the handshake be refused `count` times. */
async function refuse(socket, count) {
  for (let attempt = 0; attempt < count; attempt += 1) {
    FakeWebSocket.last.onclose({ code: 1006 });
    await settle();
    mock.timers.tick(30_000);
  }
}

test("if the site responds but the handshake is refused again and again, something in between is named as the cause", async () => {
  const socket = createSocket({ isLoggedIn: true });
  socket.connect();
  await refuse(socket, 4);
  assert.equal(socket.reason, "lost");
  await refuse(socket, 1);
  assert.equal(socket.reason, "blocked");
  await refuse(socket, 1);
  assert.equal(socket.reason, "blocked");
  FakeWebSocket.last.onopen();
  FakeWebSocket.last.receive({ type: "welcome" });
  assert.equal(socket.state, "live");
});

test("a site that doesn't respond blocks nothing", async () => {
  const socket = createSocket({ isLoggedIn: null });
  socket.connect();
  await refuse(socket, 10);
  assert.equal(socket.reason, "lost");
});

test("if WebSockets are blocked, the fallback is tried, and then used as long as it works", async () => {
  const fallbacks = [];
  const fallback = () => fallbacks[fallbacks.push(new FakeWebSocket("fallback")) - 1];
  const socket = createSocket({ isLoggedIn: true, fallback });
  socket.connect();
  await refuse(socket, 2);
  assert.equal(fallbacks.length, 1);
  fallbacks[0].onopen();
  fallbacks[0].receive({ type: "welcome" });
  assert.equal(socket.state, "live");
  fallbacks[0].onclose({ code: 1012 });
  mock.timers.tick(30_000);
  assert.equal(fallbacks.length, 2);
  fallbacks[1].onclose({ code: 1006 });
  await settle();
  mock.timers.tick(30_000);
  assert.equal(fallbacks.length, 2);
  assert.equal(FakeWebSocket.last.url, "ws://chat/ws/");
});

test("a fallback that is refused, too, names the cause", async () => {
  const socket = createSocket({ isLoggedIn: true, fallback: () => new FakeWebSocket("fallback") });
  socket.connect();
  await refuse(socket, 5);
  assert.equal(socket.reason, "blocked");
  const urls = FakeWebSocket.instances.map((instance) => instance.url);
  assert.deepEqual(urls, ["ws://chat/ws/", "ws://chat/ws/", "fallback", "ws://chat/ws/", "fallback", "ws://chat/ws/"]);
});
