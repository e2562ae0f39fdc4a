import assert from "node:assert/strict";
import { test } from "node:test";

import { forwardedBody } from "chatsite/format/forwarded.js";

const LINK = "https://chat.example.org/rooms/1/messages/5/";
const ANA = { name: "Ana Ferreira" };

function forwarded(message, options = {}) {
  return forwardedBody({ sender: ANA, ...message }, { room: "#Workshop", link: LINK, limit: 8000, ...options });
}

test("the message is quoted with its origin, below the comment", () => {
  assert.equal(
    forwarded({ body: "One\n\n> two\r\n- three" }, { comment: " Look: " }),
    `Look:\n\n> **[Forwarded from Ana Ferreira in #Workshop](${LINK})**\n>\n> One\n>\n> > two\n> - three`,
  );
});

test("a direct message names only its author", () => {
  assert.equal(forwarded({ body: "Hello" }, { room: null }), `> **[Forwarded from Ana Ferreira](${LINK})**\n>\n> Hello`);
});

test("a bot's message names its alias", () => {
  const text = forwarded({ body: "Hello", alias: { name: "Train", emoji: "🚋" } }, { room: null });
  assert.equal(text, `> **[Forwarded from Train](${LINK})**\n>\n> Hello`);
});

test("names can't change the link or mention anyone", () => {
  const text = forwarded({ body: "", sender: { name: "](https://evil.example) @ana `*" } }, { room: "#a[b]" });
  assert.equal(text, `> **[Forwarded from \\](https\\://evil.example) \\@ana \\\`\\* in #a\\[b\\]](${LINK})**`);
});

test("files are named with a link", () => {
  const text = forwarded({ body: "", attachments: [{}, {}] });
  assert.ok(text.endsWith(`**\n\n[2 files in the original message](${LINK})`));
});

for (const [name, body] of [
  ["letters", "x".repeat(8000)],
  ["lines", "\n".repeat(7999) + "x"],
  ["emoji", "👩‍👩‍👧".repeat(1600)],
]) {
  test(`a text of ${name} that would be too long is cut, and the link leads to the rest`, () => {
    const text = forwarded({ body }, { comment: "c".repeat(2000) });
    assert.ok([...text].length <= 8000);
    assert.ok(text.endsWith(`…\n\n[Read the whole message](${LINK})`));
    assert.ok(text.isWellFormed());
  });
}

test("a cut text is as long as possible", () => {
  assert.equal([...forwarded({ body: "x".repeat(9000) })].length, 8000);
});

test("a spoiler is never cut", () => {
  const text = forwarded({ body: `Before ||${"secret ".repeat(1100)}||${"x".repeat(2000)}` });
  assert.ok(!text.includes("secret"));
  assert.ok(text.includes("> Before…"));
});
