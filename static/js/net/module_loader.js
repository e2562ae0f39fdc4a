/** Loads modules on demand. */

import { complete, HttpError } from "chatsite/net/http.js";

const TIMEOUT = 60_000;
const IMPORT = /^(?:import|export)\s[^"();]*"(chatsite\/[^"\n]+)"/gm;

/**
 * Imports a module only when all its files can be read. In Firefox, a module never loads again once an import of it, or of a
 * module that it imports, has failed.
 */
export class ModuleLoader {
  #fetchText;
  #importModule;
  #loading = new Map();

  /** `fetchText(name)` resolves with the module's text, and leaves it in the browser's cache. */
  constructor({ fetchText, importModule }) {
    this.#fetchText = fetchText;
    this.#importModule = importModule;
  }

  /** Resolves with the module. Rejects if it can't be fetched; the next call tries again. */
  load(name) {
    if (!this.#loading.has(name)) this.#loading.set(name, this.#load(name));
    return this.#loading.get(name);
  }

  async #load(name) {
    try {
      await this.#fetchWithImports(name, new Set());
      return await this.#importModule(name);
    } catch (error) {
      this.#loading.delete(name);
      throw error;
    }
  }

  async #fetchWithImports(name, seen) {
    if (seen.has(name)) return;
    seen.add(name);
    const text = await this.#fetchText(name);
    await Promise.all([...text.matchAll(IMPORT)].map(([, imported]) => this.#fetchWithImports(imported, seen)));
  }
}

const loader = new ModuleLoader({ fetchText, importModule: (name) => import(name) });

/** Resolves with the module. Rejects with an HttpError, whose message is for the user; the next call tries again. */
export function loadModule(name) {
  return loader.load(name);
}

async function fetchText(name) {
  const url = import.meta.resolve(name);
  if (url === import.meta.url) return ""; // the module is in the same bundle as this one
  const response = await complete(fetch(url, { signal: AbortSignal.timeout(TIMEOUT) }));
  if (!response.ok) throw new HttpError(response.status);
  return complete(response.text());
}
