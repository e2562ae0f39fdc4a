import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import test from "node:test";

const FOLDER = new URL("../../static/js/", import.meta.url);
const MODULES = readdirSync(FOLDER, { recursive: true }).filter((name) => name.endsWith(".js"));

/**
 * Compiles a module as the body of a function that isn't async, in which `await` is a syntax error unless it is inside another function.
 */
function compile(source) {
  const body = source
    .replace(/^import\s[^"();]*"[^"\n]+";$/gm, "")
    .replace(/^export default /gm, "void ")
    .replace(/^export /gm, "")
    .replaceAll("import.meta", "meta");
  return new Function(`"use strict";\n${body}`);
}

test("a module that awaits at the top level is recognized", () => {
  assert.throws(() => compile('import { a } from "chatsite/a.js";\n\nexport const b = 1;\nif (b) {\n  await a;\n}\n'), SyntaxError);
});

// If a page is left while one of its modules awaits at the top level, WebKit before 2026 evaluates the module again and again, for ever,
// which also blocks the next page.
for (const name of MODULES) {
  test(`${name} doesn't await at the top level`, () => assert.doesNotThrow(() => compile(readFileSync(new URL(name, FOLDER), "utf8"))));
}
