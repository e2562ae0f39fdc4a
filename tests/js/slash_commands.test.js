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

test("an unknown command is recognized, and one with a similar name is suggested", () => {
  const slash = new SlashCommands({ who: () => true, block: () => true, unmute: () => true });
  for (const [text, unknown, meant] of [
    ["/blok bo", "blok", "block"],
    ["/Blcok bo", "Blcok", "block"],
    ["/unmut", "unmut", "unmute"],
    ["/whose", "whose", ""],
    ["/shrug\nindeed", "shrug", ""],
    ["/constructor", "constructor", ""],
    ["/roll-back now", "roll-back", ""],
  ]) {
    assert.equal(slash.unknown(text), unknown);
    assert.equal(slash.suggest(unknown), meant);
  }
  assert.equal(slash.suggest("depoly", ["deploy"]), "deploy");
  for (const text of ["/block bo", "/Block bo", "/", "/etc/hosts", " /blok bo", "blok bo", "/ blok", "/2026 was good"]) {
    assert.equal(slash.unknown(text), "", text);
  }
});
