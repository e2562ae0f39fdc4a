/** Lets Node find the browser's modules by mapping "chatsite/…" to static/js/… or static/vendor/…, like the page's import map. */

import { register } from "node:module";

register("./hooks.mjs", import.meta.url);
