/** Error texts, dates, excerpts and UUIDs. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { titleOf } from "chatsite/format/body.js";
import { formatTimeIn, dayKey, dayLabel, startOfDay } from "chatsite/format/dates.js";
import { isEmojiOnly } from "chatsite/format/emoji.js";
import { errorText } from "chatsite/format/error_text.js";
import { excerptOf } from "chatsite/format/excerpt.js";
import { formatSize } from "chatsite/format/sizes.js";
import { uuid } from "chatsite/format/uuid.js";

test("the field's name is left out, and nothing else", () => {
  assert.equal(errorText({ field: "user", detail: "user: You can’t block yourself." }), "You can’t block yourself.");
  assert.equal(errorText({ detail: "note: Bo is banned." }), "note: Bo is banned.");
  assert.equal(errorText({ field: "name", detail: "Names: two." }), "Names: two.");
  assert.equal(errorText(), "");
});

test("days are labelled today, yesterday, by weekday or by date", () => {
  const now = new Date("2026-11-21T00:30:00");
  assert.equal(dayLabel("2026-11-21T00:10:00", now), "Today");
  assert.equal(dayLabel("2026-11-20T23:50:00", now), "Yesterday");
  assert.equal(
    dayLabel("2026-11-17T12:00:00", now),
    new Intl.DateTimeFormat(undefined, { weekday: "long" }).format(new Date("2026-11-17T12:00:00")),
  );
  assert.match(dayLabel("2025-11-17T12:00:00", now), /2025/);
  assert.doesNotMatch(dayLabel("2026-03-17T12:00:00", now), /2026/);
  assert.equal(dayKey("2026-03-07T12:00:00"), "2026-03-07");
  assert.deepEqual(startOfDay("2026-03-07"), new Date("2026-03-07T00:00:00"));
  assert.deepEqual(startOfDay("2026-03-01", -1), new Date("2026-02-28T00:00:00"));
  assert.equal(startOfDay("0026-03-07").getFullYear(), 26);
});

test("sizes have three significant digits, as on the server", () => {
  const sizes = JSON.parse(readFileSync(new URL("../sizes.json", import.meta.url)));
  for (const [bytes, text] of sizes) assert.equal(formatSize(bytes), text);
});

test("an excerpt is the message's text on one line, or else the names of its files", () => {
  assert.equal(excerptOf({ body: "one\ntwo", attachments: [{ name: "a.png" }] }, 20), "one two");
  assert.equal(excerptOf({ body: "", attachments: [{ name: "a.png" }, { name: "b.txt" }] }, 20), "📎 a.png, b.txt");
  assert.equal(excerptOf({ body: "abcdef" }, 4), "abc…");
  assert.equal(excerptOf({ body: "" }, 4), "");
});

test("an excerpt does not give away a spoiler", () => {
  const excerpt = (body, html) => excerptOf({ body, html }, 100);
  assert.equal(excerpt("It was ||Bo *Lund*|| again"), "It was ▒▒▒▒ again");
  assert.equal(excerpt("||a|| b ||c\nd||!"), "▒▒▒▒!");
  assert.equal(excerpt("||never closed\n\n||Bo||", '<p>||never closed</p>\n<p><span class="spoiler">Bo</span></p>'), "||never closed ▒▒▒▒");
  assert.equal(excerpt("if (a || b || c)"), "if (a || b || c)");
  assert.equal(excerpt("`a||b||c`", "<p><code>a||b||c</code></p>"), "a||b||c");
});

test("an excerpt of a rendered message has no markup, like the server's", () => {
  const excerpt = (html) => excerptOf({ body: "source", html }, 100);
  assert.equal(excerpt("<p>a <strong>b</strong>c &amp; &lt;d&gt; &amp;lt;</p>\n<p>two</p>"), "a bc & <d> &lt; two");
  assert.equal(excerpt('<p>see <a href="/rooms/1/" rel="nofollow">the docs</a></p>'), "see the docs");
  assert.equal(excerpt('<ul>\n<li><input type="checkbox" disabled="" checked="">bread</li>\n<li><input type="checkbox" disabled="">milk</li>\n</ul>'), "☑bread ☐milk");
  assert.equal(excerpt('<pre><code><span class="k">def</span> f(): pass</code></pre>'), "def f(): pass");
});

test("a few emoji without text are found", () => {
  const found = ["👍", " 🎉 🎉\n", "🏳️‍🌈", "👩‍👩‍👧‍👦", "👍🏽", "🧑🏾‍💻", "🇩🇪🇫🇷", "🏴󠁧󠁢󠁷󠁬󠁳󠁿", "❤️", "1️⃣", "🤷‍♂️", "☝🏽", "👍".repeat(6)];
  for (const text of found) assert.ok(isEmojiOnly(text), text);
  for (const text of ["", " ", "a👍", "👍 ok", "1", "12", "#", "©", "🇩", "👍".repeat(7), "\u200d", "\ufe0f"]) assert.ok(!isEmojiOnly(text), text);
  // If the time grew with the square of the length, these would take hours.
  for (const text of ["👍 ".repeat(1e6), " ".repeat(1e6), `👍${"\u200d👍".repeat(1e6)}`]) assert.ok(!isEmojiOnly(`${text}x`));
});

test("ids are UUIDs of version 4, also without crypto.randomUUID", () => {
  const insecure = { getRandomValues: (bytes) => globalThis.crypto.getRandomValues(bytes) };
  for (const id of [uuid(), uuid(insecure)]) assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.notEqual(uuid(insecure), uuid(insecure));
});

test("the first line that says something stands for a text in a file", () => {
  assert.equal(titleOf("\n```python\n  def f():\n"), "def f():");
  assert.equal([...titleOf("😀".repeat(300))].length, 200);
  assert.equal(titleOf("```\n```"), "");
});

test("the time in another zone, or nothing for an unknown zone", () => {
  assert.match(formatTimeIn("Asia/Tokyo", new Date("2026-11-29T12:00:00Z")), /21:00|9:00/);
  assert.equal(formatTimeIn("Nowhere/Land"), "");
});
