/** Starts completing in the fields for messages. The code for it is loaded when something that can be completed is first typed. */

import { isUnfinished } from "chatsite/elements/textarea.js";
import { loadModule } from "chatsite/net/module_loader.js";

const FIELDS = "message-composer textarea, .editor textarea";
const SIGN = /[@#:/][^\n]*$/;

/** For the options, see completion.js. */
export function watchCompletion(options) {
  const watched = new WeakSet();
  let completion = null;
  document.addEventListener("input", async (event) => {
    const { target: field } = event;
    if (!field.matches?.(FIELDS) || watched.has(field) || isUnfinished(event)) return;
    if (!SIGN.test(field.value.slice(0, field.selectionStart))) return;
    watched.add(field);
    try {
      const { Completion } = await loadModule("chatsite/controllers/completion.js");
      completion ??= new Completion(options);
      completion.watch(field);
    } catch {
      watched.delete(field); // without a connection, it is tried again with the next letter
    }
  });
}
