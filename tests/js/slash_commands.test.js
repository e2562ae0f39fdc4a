/** Running and suggesting slash commands. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { SlashCommands } from "chatsite/model/slash_commands.js";

test("a known command is run, and every other text is a message", () => {
  const done = [];
  const slash = new SlashCommands({ who: (rest) => rest === "" && done.push("who"), block: (name) => done.push(`block ${name}`) });
  assert.equal(slash.run("/who"), true);
  assert.equal(slash.run(" /who \n"), true);
  assert.equal(slash.run("/block ana brandt"), true);
  for (const text of ["/who is there?", "who", "/whose", "/ who", "/", "/etc/hosts", "/toString", "see /who"]) {
    assert.equal(slash.run(text), false, text);
  }
  assert.equal(slash.run("/Block Bo"), true);
  assert.deepEqual(done, ["who", "who", "block ana brandt", "block Bo"]);
});

test("a mistyped command is suggested instead of being sent", () => {
  const slash = new SlashCommands({ who: () => true, block: () => true, unmute: () => true });
  for (const [text, meant] of [["/blok bo", "block"], ["/Blcok bo", "block"], ["/unmut", "unmute"]]) assert.equal(slash.suggest(text), meant);
  for (const text of ["/block bo", "/Block bo", "/whose", "/shrug", "/", "/etc/hosts", " /blok bo", "blok bo", "/tmp is full"]) {
    assert.equal(slash.suggest(text), "", text);
  }
});
