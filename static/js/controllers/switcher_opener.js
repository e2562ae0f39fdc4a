/** Opens the quick switcher. The code that fills it is loaded when it is first used. */

import { notify } from "chatsite/elements/notices.js";
import { loadModule } from "chatsite/net/module_loader.js";

/** `onClose()` is called if nothing was chosen. For the other options, see switcher.js. */
export function watchSwitcher({ element, onClose, ...options }) {
  let loading = null;
  const load = async () => {
    try {
      const { Switcher } = await loadModule("chatsite/controllers/switcher.js");
      new Switcher({ element, ...options });
    } catch (error) {
      loading = null;
      element.close();
      notify(error.message, "is-error");
    }
  };
  const open = () => {
    element.open();
    loading ??= load();
  };
  element.addEventListener("switcher-close", onClose);
  document.addEventListener("click", ({ target }) => target.closest?.("[data-switcher]") && open());
  document.addEventListener("keydown", (event) => isShortcut(event) && isFree() && handle(event, open), { capture: true });
}

function isShortcut({ key, ctrlKey, metaKey, shiftKey, altKey, defaultPrevented, target }) {
  return (ctrlKey || metaKey) && !shiftKey && !altKey && key.toLowerCase() === "k" && !defaultPrevented && !isTextSelected(target);
}

/** Returns whether the switcher may open: no dialog is open except the panel or the switcher itself. */
function isFree() {
  return !document.querySelector("dialog[open]:not(.panel, .switcher)");
}

function handle(event, open) {
  event.preventDefault();
  event.stopPropagation();
  open();
}

/** In a field, Ctrl+K makes the selected text a link. */
function isTextSelected(target) {
  return target.matches?.("textarea") && target.selectionStart !== target.selectionEnd;
}
