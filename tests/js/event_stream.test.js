/** A connection over plain HTTP with the interface of a WebSocket. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { EventStream } from "chatsite/net/event_stream.js";

class FakeEventSource extends EventTarget {
  isClosed = false;

  constructor(url) {
    super();
    this.url = url;
    FakeEventSource.last = this;
  }

  close() {
    this.isClosed = true;
  }

  emit(type, data) {
    this.dispatchEvent(Object.assign(new Event(type), { data: data && JSON.stringify(data) }));
  }
}

const settle = () => new Promise((resolve) => setImmediate(resolve));

function createStream(respond = () => ({ ok: true })) {
  const requests = [];
  const fetch = async (url, { body }) => {
    requests.push([url, body]);
    return respond(body);
  };
  const stream = new EventStream("/stream", { EventSource: FakeEventSource, fetch });
  const events = [];
  stream.onopen = () => events.push("open");
  stream.onmessage = ({ data }) => events.push(data);
  stream.onclose = ({ code, reason }) => events.push([code, reason]);
  return { stream, source: FakeEventSource.last, requests, events };
}

test("frames arrive as messages, and are posted in order, one at a time", async () => {
  const responses = [];
  const { stream, source, requests, events } = createStream(() => new Promise((resolve) => responses.push(resolve)));
  source.emit("connected", { connection: "abc" });
  source.emit("message", [{ type: "welcome" }]);
  assert.deepEqual(events, ["open", '[{"type":"welcome"}]']);
  stream.send("one");
  stream.send("two");
  await settle();
  assert.deepEqual(requests, [["/stream/abc", "one"]]);
  responses[0]({ ok: true });
  await settle();
  assert.deepEqual(requests, [["/stream/abc", "one"], ["/stream/abc", "two"]]);
});

test("the server's close event has its code", () => {
  const { source, events } = createStream();
  source.emit("connected", { connection: "abc" });
  source.emit("close", { code: 4401, reason: "" });
  assert.deepEqual(events, ["open", [4401, ""]]);
  assert.ok(source.isClosed);
});

test("an error closes the connection once, without reconnecting", () => {
  const { source, events } = createStream();
  source.emit("error");
  source.emit("error");
  assert.deepEqual(events, [[1006, ""]]);
  assert.ok(source.isClosed);
});

for (const [name, respond] of [
  ["a frame that the server doesn't accept", () => ({ ok: false })],
  ["a frame that can't be sent", () => Promise.reject(new TypeError("network"))],
]) {
  test(`${name} closes the connection, and later frames aren't sent`, async () => {
    const { stream, source, requests, events } = createStream(respond);
    source.emit("connected", { connection: "abc" });
    stream.send("one");
    stream.send("two");
    await settle();
    assert.deepEqual(events, ["open", [1006, ""]]);
    assert.equal(requests.length, 1);
  });
}

test("a connection that the page closes stays silent", async () => {
  const { stream, source, requests, events } = createStream();
  source.emit("connected", { connection: "abc" });
  stream.close();
  stream.send("one");
  source.emit("close", { code: 1012 });
  await settle();
  assert.deepEqual(events, ["open"]);
  assert.deepEqual(requests, []);
});
