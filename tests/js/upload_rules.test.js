/** Checks of files before they are uploaded, and the speed of uploads. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { formatSize } from "chatsite/format/sizes.js";
import { validateFile, validateFiles } from "chatsite/model/upload_rules.js";
import { UploadSpeed } from "chatsite/model/upload_speed.js";

const LIMITS = { file: 100_000_000, files: 10, file_types: { allowed: [], denied: [".exe"] } };

test("a file over the limit is refused with the limit", () => {
  const error = validateFile({ name: "film.mp4", size: 312_000_000, type: "video/mp4" }, LIMITS);
  assert.equal(error, `“film.mp4” is ${formatSize(312_000_000)}. The limit is ${formatSize(100_000_000)}.`);
  assert.equal(validateFile({ name: "film.mp4", size: 100_000_000, type: "video/mp4" }, LIMITS), "");
});

test("types are refused by extension, by group and by name", () => {
  const limits = (allowed, denied = []) => ({ ...LIMITS, file_types: { allowed, denied } });
  const image = { name: "A.PNG", size: 1, type: "image/png" };
  assert.match(validateFile(image, limits([], [".png"])), /: \.png files aren’t allowed\./);
  assert.match(validateFile(image, limits([], ["image/*"])), /: image\/\* files aren’t allowed\./);
  assert.match(validateFile(image, limits(["text/*", ".zip"])), /only text\/\* and \.zip files are allowed\./);
  for (const allowed of [".png", "image/*", "image/png"]) assert.equal(validateFile(image, limits([allowed])), "");
  assert.equal(validateFile({ name: "unknown", size: 1, type: "" }, limits(["image/*"])), "");
  assert.notEqual(validateFile({ name: "unknown", size: 1, type: "" }, limits([".png"])), "");
});

test("a message has at most ten files; refused ones do not count, the others are named", () => {
  const files = Array.from({ length: 5 }, (_, n) => new File(["x"], `${n}.txt`, { type: "text/plain" }));
  const { accepted, errors } = validateFiles([new File(["x"], "x.exe"), ...files], 6, LIMITS);
  assert.deepEqual(
    accepted.map(({ name }) => name),
    ["0.txt", "1.txt", "2.txt", "3.txt"],
  );
  assert.match(errors[0], /x\.exe/);
  assert.match(errors[1], /up to 10 files\. “4.txt” wasn’t added\./);
});

test("the speed is known after two samples, and is smoothed", () => {
  const speed = new UploadSpeed();
  speed.record(0, 0);
  assert.equal(speed.bytesPerSecond, null);
  speed.record(1_000_000, 1000);
  assert.equal(speed.bytesPerSecond, 1_000_000);
  speed.record(1_000_000, 2000);
  assert.ok(speed.bytesPerSecond > 600_000 && speed.bytesPerSecond < 1_000_000);
  speed.record(9_000_000, 2100);
  assert.ok(speed.bytesPerSecond < 1_000_000);
});
