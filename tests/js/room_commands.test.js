/** Commands that were added to a room: their list, and that each is run once. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { CommandAnswers } from "chatsite/model/command_answers.js";
import { RoomCommands } from "chatsite/model/room_commands.js";

const DEPLOY = { name: "deploy", description: "", argument_hint: "" };

function commandsWith({ lists = [[DEPLOY]], send = async () => ({}) } = {}) {
  const fetched = [];
  let now = 0;
  const commands = new RoomCommands({
    fetch: async (url) => ({ commands: lists[Math.min(fetched.push(url), lists.length) - 1] }),
    send,
    now: () => now,
  });
  return { commands, fetched, wait: (time) => (now += time) };
}

test("a room's list is loaded again after a minute, and for a command that isn't in it", async () => {
  const { commands, fetched, wait } = commandsWith({ lists: [[], [DEPLOY]] });
  assert.equal(commands.known(7), null);
  assert.equal(await commands.has(7, "deploy"), false);
  assert.equal(await commands.has(7, "Deploy"), true);
  assert.equal(await commands.has(7, "deploy"), true);
  assert.deepEqual(fetched, ["/api/v1/rooms/7/commands", "/api/v1/rooms/7/commands"]);
  wait(60_001);
  assert.equal(commands.known(7), null);
});

test("a command whose answer was lost is sent again with the same id, and another one with a new id", async () => {
  const sent = [];
  const errors = [{ code: "timeout" }, { code: "offline" }, null, { code: "command_failed" }, null];
  const send = async (type, fields) => {
    sent.push(fields.client_id);
    const error = errors.shift();
    if (error) throw Object.assign(new Error(), error);
  };
  const { commands } = commandsWith({ send });
  const wanted = { room: 7, command: "deploy", text: "main" };
  for (const code of ["timeout", "offline", null, "command_failed", null]) {
    if (code) await assert.rejects(commands.run(wanted), { code });
    else assert.equal(await commands.run(wanted), true);
  }
  assert.equal(new Set(sent.slice(0, 3)).size, 1);
  assert.equal(new Set(sent).size, 3);
});

test("a command isn't run again while it is running", async () => {
  let answer;
  let sent = 0;
  const { commands } = commandsWith({ send: () => ((sent += 1), new Promise((resolve) => (answer = resolve))) });
  const wanted = { room: 7, command: "deploy", text: "main" };
  const first = commands.run(wanted);
  assert.equal(await commands.run(wanted), false);
  answer();
  assert.equal(await first, true);
  assert.equal(sent, 1);
});

test("an answer takes the place of the earlier ones of its run, or only removes them", () => {
  const answers = new CommandAnswers();
  const at = (minute) => `2026-01-01T10:0${minute}:00.000Z`;
  const add = (key, run, options) => answers.add({ key, run, room: 7, thread: null, at: at(key) }, options);
  const shown = () => answers.arrange([], { room: 7 }, {}).map(({ key, at }) => [key, at]);
  add(1, "a");
  add(2, "b");
  add(3, "a");
  add(4, "a", { replaces: true });
  assert.deepEqual(shown(), [["answer 4", at(1)], ["answer 2", at(2)]]);
  add(5, "c", { replaces: true });
  answers.withdraw("a");
  assert.deepEqual(shown(), [["answer 2", at(2)], ["answer 5", at(5)]]);
});

test("answers are between the messages of their room or thread, by their times", () => {
  const answers = new CommandAnswers();
  const at = (minute) => `2026-01-01T10:0${minute}:00.000Z`;
  answers.add({ key: 1, room: 7, thread: null, at: at(2) });
  answers.add({ key: 2, room: 7, thread: 5, at: at(2) });
  answers.add({ key: 3, room: 8, thread: null, at: at(2) });
  answers.add({ key: 4, room: 7, thread: null, at: at(4) });
  const [first, last] = [{ id: 1, at: at(1) }, { id: 2, at: at(3) }];
  const shown = (place, loaded = {}) =>
    answers.arrange([first, last], place, { first, last, ...loaded }).map(({ id, key }) => id ?? key);
  assert.deepEqual(shown({ room: 7 }), [1, "answer 1", 2, "answer 4"]);
  assert.deepEqual(shown({ room: 7, thread: 5 }), [1, "answer 2", 2]);
  assert.deepEqual(shown({ room: 7 }, { hasNewer: true }), [1, "answer 1", 2]);
  assert.deepEqual(shown({ room: 9 }), [1, 2]);
});
