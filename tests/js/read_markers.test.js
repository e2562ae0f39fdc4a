/** Read markers and the count in the title. */

import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { ReadMarker } from "chatsite/model/read_markers.js";
import { titleWithCount } from "chatsite/model/rooms.js";

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout", "Date"] });
});

test("read markers are sent at once, then at most every two seconds, and the last one is not lost", async () => {
  const sent = [];
  const marker = new ReadMarker(async (room, seq) => sent.push([room, seq]));
  for (const seq of [5, 6, 9]) marker.mark(7, seq);
  marker.mark(7, 8);
  assert.deepEqual(sent, [[7, 5]]);
  mock.timers.tick(2000);
  assert.deepEqual(sent.at(-1), [7, 9]);
  mock.timers.tick(10_000);
  assert.equal(sent.length, 2);
});

test("a read marker set while offline is sent after reconnecting", async () => {
  const sent = [];
  let down = true;
  const marker = new ReadMarker(async (room, seq) => {
    if (down) throw Object.assign(new Error(), { code: "offline" });
    sent.push([room, seq]);
  });
  marker.mark(7, 5);
  await new Promise((resolve) => setImmediate(resolve));
  down = false;
  marker.flush();
  assert.deepEqual(sent, [[7, 5]]);
});

test("marking as unread discards unsent markers, and each marker says on which position it is based", async () => {
  const sent = [];
  const marker = new ReadMarker(async (...fields) => void sent.push(fields));
  assert.equal(marker.learn(7, 40, null), false);
  marker.mark(7, 50);
  await new Promise((resolve) => setImmediate(resolve));
  marker.mark(7, 55);
  assert.equal(marker.learn(7, 29, "noon"), true);
  mock.timers.tick(2000);
  marker.mark(7, 45);
  mock.timers.tick(2000);
  assert.deepEqual(sent, [
    [7, 50, { seq: 40, markedAt: null }],
    [7, 45, { seq: 29, markedAt: "noon" }],
  ]);
});

test("a marker that is sent again is still based on the older position", async () => {
  const sent = [];
  let down = true;
  const marker = new ReadMarker(async (...fields) => {
    if (down) throw Object.assign(new Error(), { code: "offline" });
    sent.push(fields);
  });
  marker.learn(7, 40);
  marker.mark(7, 50);
  await new Promise((resolve) => setImmediate(resolve));
  marker.mark(7, 60);
  down = false;
  marker.reset();
  assert.equal(marker.learn(7, 40), false);
  marker.flush();
  assert.deepEqual(sent, [[7, 60, { seq: 40, markedAt: undefined }]]);
});

test("messages marked as unread elsewhere during an outage stay unread, even at a position after the one known here", async () => {
  const sent = [];
  let down = true;
  const marker = new ReadMarker(async (...fields) => {
    sent.push(fields);
    if (down) throw Object.assign(new Error(), { code: "offline" });
  });
  marker.learn(7, 20, null);
  marker.mark(7, 50);
  await new Promise((resolve) => setImmediate(resolve));
  down = false;
  marker.reset();
  assert.equal(marker.learn(7, 29, "noon"), true); // another device has read up to 40, then marked 30 as unread
  marker.flush();
  mock.timers.tick(2000);
  assert.deepEqual(sent, [[7, 50, { seq: 20, markedAt: null }]]);
  assert.equal(marker.learn(7, 29, "noon"), false);
  assert.equal(marker.learn(7, 35), false); // read in another tab
});

test("a marker that fails isn't sent again if messages were marked as unread meanwhile", async () => {
  const sent = [];
  let fail;
  const marker = new ReadMarker((...fields) => new Promise((_resolve, reject) => sent.push(fields) && (fail = reject)));
  marker.learn(7, 40, null);
  marker.mark(7, 50);
  marker.learn(7, 29, "noon");
  fail(Object.assign(new Error(), { code: "offline" }));
  await new Promise((resolve) => setImmediate(resolve));
  marker.flush();
  assert.equal(sent.length, 1);
});

test("the title counts the messages for this user, and has a dot for others", () => {
  assert.equal(titleWithCount({ unreadForMe: 0, unread: 0 }, "Design"), "Design");
  assert.equal(titleWithCount({ unreadForMe: 0, unread: 3 }, "Design"), "• Design");
  assert.equal(titleWithCount({ unreadForMe: 3, unread: 7 }, "Design"), "(3) Design");
  assert.equal(titleWithCount({ unreadForMe: 500, unread: 500 }, "Design"), "(99+) Design");
});
