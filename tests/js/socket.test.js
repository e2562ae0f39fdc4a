/** The live socket: answers, pulse, coming back. */

import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { Socket } from "chatsite/net/socket.js";

class FakeWebSocket {
  static made = [];
  sent = [];
  closed = false;

  constructor(url) {
    this.url = url;
    FakeWebSocket.made.push(this);
  }

  send(text) {
    this.sent.push(JSON.parse(text));
  }

  close() {
    this.closed = true;
  }

  say(...events) {
    this.onmessage({ data: JSON.stringify(events) });
  }

  static get last() {
    return FakeWebSocket.made.at(-1);
  }
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

function socket({ signedIn = true, random = () => 0.5 } = {}) {
  const made = new Socket({ url: "ws://chat/ws/", WebSocket: FakeWebSocket, random, checkSession: async () => signedIn });
  made.states = [];
  made.heard = [];
  made.addEventListener("state", ({ detail }) => made.states.push(detail));
  made.addEventListener("event", ({ detail }) => made.heard.push(detail));
  made.addEventListener("loggedout", () => made.heard.push("loggedout"));
  return made;
}

function live(options) {
  const made = socket(options);
  made.connect();
  FakeWebSocket.last.onopen();
  FakeWebSocket.last.say({ type: "welcome", protocol: 1 });
  return made;
}

beforeEach(() => {
  FakeWebSocket.made = [];
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout", "setInterval", "Date"] });
});

test("a welcome makes the line live", () => {
  const made = live();
  assert.equal(made.state, "live");
  assert.equal(made.heard[0].type, "welcome");
});

test("an answer finds its command by the ref", async () => {
  const made = live();
  const first = made.send("room.read", { room: 7, seq: 3 });
  const second = made.send("message.delete", { message: 9 });
  const [one, two] = FakeWebSocket.last.sent;
  FakeWebSocket.last.say({ type: "error", ref: two.ref, code: "forbidden", detail: "No." }, { type: "ok", ref: one.ref });
  assert.equal((await first).type, "ok");
  await assert.rejects(second, { code: "forbidden", message: "No." });
  assert.deepEqual({ ...one, ref: 0 }, { type: "room.read", ref: 0, room: 7, seq: 3 });
});

test("a refusal carries how long to wait", async () => {
  const made = live();
  const sent = made.send("message.post");
  FakeWebSocket.last.say({ type: "error", ref: FakeWebSocket.last.sent[0].ref, code: "slow_mode", detail: "Wait.", retry_after: 4 });
  await assert.rejects(sent, { retryAfter: 4 });
});

test("an answer to nothing and an unknown event do no harm", () => {
  const made = live();
  FakeWebSocket.last.say({ type: "ok", ref: "999" }, { type: "error", ref: null, code: "invalid", detail: "?" }, { type: "of.later" });
  assert.equal(made.heard.at(-1).type, "of.later");
});

test("a command without a line is refused at once", async () => {
  const made = socket();
  made.connect();
  await assert.rejects(made.send("ping"), { code: "offline" });
});

test("a lost line refuses what still waits for an answer", async () => {
  const made = live();
  const sent = made.send("message.post");
  FakeWebSocket.last.onclose({ code: 1006 });
  await assert.rejects(sent, { code: "offline" });
  assert.equal(made.state, "offline");
});

test("it pings every 25 seconds and takes 10 seconds of silence for death", () => {
  const made = live();
  mock.timers.tick(25_000);
  assert.equal(FakeWebSocket.last.sent.at(-1).type, "ping");
  mock.timers.tick(9_999);
  assert.equal(made.state, "live");
  mock.timers.tick(1);
  assert.equal(made.state, "offline");
  assert.ok(FakeWebSocket.made[0].closed);
});

test("any frame is a sign of life", () => {
  const made = live();
  mock.timers.tick(25_000);
  FakeWebSocket.last.say({ type: "presence", online: [], offline: [] });
  mock.timers.tick(10_001);
  assert.equal(made.state, "live");
});

test("a line that never says welcome is given up", () => {
  const made = socket();
  made.connect();
  mock.timers.tick(15_000);
  assert.equal(made.state, "offline");
});

test("it tries again within half a second, one, two … thirty", () => {
  const made = socket({ random: () => 1 });
  made.connect();
  const pauses = [];
  for (let i = 0; i < 9; i += 1) {
    FakeWebSocket.last.onclose({ code: 1006 });
    pauses.push(made.states.at(-1).retryIn);
    mock.timers.tick(30_000);
  }
  assert.deepEqual(pauses, [500, 1000, 2000, 4000, 8000, 16000, 30000, 30000, 30000]);
});

test("a line that was steady starts again with the shortest pause, a flapping one does not", () => {
  const made = socket({ random: () => 1 });
  made.connect();
  for (const steadyFor of [0, 0, 20_000]) {
    FakeWebSocket.last.onopen();
    FakeWebSocket.last.say({ type: "welcome" });
    mock.timers.tick(steadyFor);
    FakeWebSocket.last.onclose({ code: 1006 });
    mock.timers.tick(2000);
  }
  const pauses = made.states.filter(({ state }) => state === "offline").map(({ retryIn }) => retryIn);
  assert.deepEqual(pauses, [500, 1000, 500]);
});

test("a restarting server is given the time it asked for", () => {
  const made = live();
  FakeWebSocket.last.say({ type: "server.closing", reason: "restart", retry_after: 3 });
  FakeWebSocket.last.onclose({ code: 1012 });
  const { reason, retryIn } = made.states.at(-1);
  assert.equal(reason, "restarting");
  assert.ok(retryIn > 3000 && retryIn < 6000);
});

test("attempts that fail while the server restarts do not hide why", () => {
  const made = live();
  FakeWebSocket.last.onclose({ code: 1012 });
  mock.timers.tick(5000);
  FakeWebSocket.last.onclose({ code: 1006 });
  assert.equal(made.reason, "restarting");
});

test("a full server is not asked again for ten seconds", () => {
  const made = live();
  FakeWebSocket.last.onclose({ code: 1013, reason: "Fifty are here." });
  assert.deepEqual([made.reason, made.detail], ["full", "Fifty are here."]);
  mock.timers.tick(9_999);
  assert.equal(FakeWebSocket.made.length, 1);
});

test("a wrong origin is not tried again", () => {
  const made = live();
  FakeWebSocket.last.onclose({ code: 4403 });
  mock.timers.tick(600_000);
  made.wake();
  assert.equal(FakeWebSocket.made.length, 1);
});

test("a refused handshake of somebody signed out says so and stops", async () => {
  const made = socket({ signedIn: false });
  made.connect();
  FakeWebSocket.last.onclose({ code: 1006 });
  await turn();
  assert.deepEqual(made.heard, ["loggedout"]);
  mock.timers.tick(60_000);
  assert.equal(FakeWebSocket.made.length, 1);
});

test("a refused handshake of somebody signed in is tried again", async () => {
  const made = socket();
  made.connect();
  FakeWebSocket.last.onclose({ code: 1006 });
  await turn();
  mock.timers.tick(500);
  assert.equal(FakeWebSocket.made.length, 2);
  assert.deepEqual(made.heard, []);
});

test("an ended session (4401) is asked after, a lost line is not", async () => {
  const made = live({ signedIn: false });
  FakeWebSocket.last.onclose({ code: 4401 });
  await turn();
  assert.equal(made.heard.at(-1), "loggedout");
});

test("a session said to have ended (4401) is not knocked with before it was asked after", async () => {
  const made = live({ signedIn: true });
  FakeWebSocket.last.onclose({ code: 4401 });
  mock.timers.tick(10_000);
  assert.equal(FakeWebSocket.made.length, 1);
  await turn();
  mock.timers.tick(500);
  assert.equal(FakeWebSocket.made.length, 2);
  assert.ok(!made.heard.includes("loggedout"));
});

test("a line closed for good stays closed and says nothing", () => {
  const made = live();
  made.close();
  mock.timers.tick(120_000);
  made.wake();
  assert.equal(FakeWebSocket.made.length, 1);
  assert.ok(FakeWebSocket.last.closed);
  assert.equal(made.states.length, 1);
});

test("a sign of the network ends the pause at once", () => {
  const made = live();
  mock.timers.tick(2000);
  FakeWebSocket.last.onclose({ code: 1013 });
  made.wake();
  assert.equal(FakeWebSocket.made.length, 2);
  made.wake();
  assert.equal(FakeWebSocket.made.length, 2);
});

test("whoever writes on without a line neither hammers the server nor makes the pauses longer", () => {
  const made = socket({ random: () => 1 });
  made.connect();
  let refused;
  for (let times = 0; times < 100; times += 1) {
    if (FakeWebSocket.last !== refused) (refused = FakeWebSocket.last).onclose({ code: 1006 });
    made.wake();
    mock.timers.tick(30);
  }
  assert.ok(FakeWebSocket.made.length > 3 && FakeWebSocket.made.length < 8, `${FakeWebSocket.made.length} attempts in 3 seconds`);
  assert.equal(made.states.at(-1).retryIn, 500);
});

test("waking a live line asks whether it is alive", () => {
  const made = live();
  made.wake();
  assert.equal(FakeWebSocket.last.sent.at(-1).type, "ping");
  mock.timers.tick(10_000);
  assert.equal(made.state, "offline");
});
