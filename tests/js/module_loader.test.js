/** Modules that are loaded late. */

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { LAZY_MODULES } from "chatsite/controllers/preload.js";
import { ModuleLoader } from "chatsite/net/module_loader.js";

const ROOT = new URL("../../static/js/", import.meta.url);

/** A fake of Firefox, in which a module never loads again once it or one of its imports has failed. */
class Browser {
  isOnline = true;
  imported = [];
  #files;
  #cache = new Set();
  #broken = new Set();

  constructor(files) {
    this.#files = files;
  }

  fetchText = async (name) => {
    if (!this.isOnline && !this.#cache.has(name)) throw new TypeError("Failed to fetch");
    this.#cache.add(name);
    return this.#files[name];
  };

  importModule = async (name) => {
    const names = [name, ...this.#files[name].matchAll(/"(chatsite\/[^"]+)"/g).map(([, imported]) => imported)];
    for (const each of names) {
      if (!this.isOnline && !this.#cache.has(each)) this.#broken.add(each);
      if (this.#broken.has(each)) throw new TypeError("error loading dynamically imported module");
    }
    this.imported.push(name);
    return { name };
  };
}

function createLoader() {
  const browser = new Browser({
    "chatsite/box.js": 'import { a } from "chatsite/a.js";\nimport {\n  b,\n} from "chatsite/b.js";\n',
    "chatsite/a.js": 'export { c } from "chatsite/c.js";\n',
    "chatsite/b.js": 'import "chatsite/a.js";\n',
    "chatsite/c.js": 'import "chatsite/box.js";\n',
  });
  return { browser, loader: new ModuleLoader(browser) };
}

test("a module that could not be loaded without a connection is loaded with one", async () => {
  const { browser, loader } = createLoader();
  browser.isOnline = false;
  await assert.rejects(loader.load("chatsite/box.js"));
  await assert.rejects(loader.load("chatsite/box.js"));
  browser.isOnline = true;
  assert.deepEqual(await loader.load("chatsite/box.js"), { name: "chatsite/box.js" });
});

test("a module is imported once, however often it is loaded", async () => {
  const { browser, loader } = createLoader();
  await Promise.all([loader.load("chatsite/box.js"), loader.load("chatsite/box.js")]);
  browser.isOnline = false;
  await loader.load("chatsite/box.js");
  assert.deepEqual(browser.imported, ["chatsite/box.js"]);
});

test("every module that is loaded late is loaded by the loader, and in the list of those to preload", () => {
  const names = new Set();
  for (const path of readdirSync(ROOT, { recursive: true }).filter((each) => each.endsWith(".js"))) {
    const text = readFileSync(new URL(path, ROOT), "utf8");
    if (!path.endsWith("module_loader.js")) assert.doesNotMatch(text, /\bimport\(/, path);
    for (const [, name] of text.matchAll(/\b(?:loadModule|load)\("(chatsite\/[^"]+)"\)/g)) names.add(name);
  }
  assert.deepEqual([...names].sort(), [...LAZY_MODULES].sort());
});
