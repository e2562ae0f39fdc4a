/** Lets Node find the browser's modules: "chatsite/…" is static/js/…, as the page's import map has it. */

import { register } from "node:module";

register("./hooks.mjs", import.meta.url);
