/** Typing and pasting anywhere in the chat page go into the composer, unless something else uses the keys. */

const FIELDS = "input, textarea, select, [contenteditable]";
/** Messages have keys of their own, media players too. */
const USES_KEYS = `${FIELDS}, audio, video, .log__list, [role="menu"], menu-button, [role="toolbar"]`;
const COVERS = "dialog[open], .app[data-sheet]";

export function watchTyping(composer) {
  document.addEventListener("keydown", (event) => {
    // The key that is being pressed is typed into the field that has the focus after this.
    if (isText(event) && isFree(composer, event.target, USES_KEYS)) composer.focus();
  });
  document.addEventListener("paste", (event) => {
    if (event.defaultPrevented || !isFree(composer, event.target, FIELDS)) return;
    if (composer.paste(event.clipboardData)) event.preventDefault();
  });
}

/** Space scrolls the messages and presses buttons. */
function isText(event) {
  if (event.defaultPrevented || event.isComposing || event.key === " " || [...event.key].length !== 1) return false;
  return event.getModifierState("AltGraph") || !(event.ctrlKey || event.metaKey || event.altKey);
}

function isFree(composer, target, taken) {
  return composer.isOpen && !target.closest?.(taken) && !document.querySelector(COVERS);
}
