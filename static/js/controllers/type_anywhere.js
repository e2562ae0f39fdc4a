/** Typing and pasting anywhere in the chat page go into a composer, unless something else uses the keys. */

const FIELDS = "input, textarea, select, [contenteditable]";
/** Messages have keys of their own, media players too. */
const USES_KEYS = `${FIELDS}, audio, video, .log__list, [role="menu"], menu-button, [role="toolbar"]`;
const COVERS = "dialog[open], .app[data-sheet]";

/** `composer` is the conversation's. From an open thread, or while it covers the conversation, they go into the thread's. */
export function watchTyping(composer) {
  const composerFor = (target) => {
    const panel = document.querySelector("thread-panel:not([hidden])");
    return panel?.contains(target) || panel?.isCovering ? panel.querySelector("message-composer") : composer;
  };
  document.addEventListener("keydown", (event) => {
    const composer = composerFor(event.target);
    // The key that is being pressed is typed into the field that has the focus after this.
    if (isText(event) && isFree(composer, event.target, USES_KEYS)) composer.focus();
  });
  document.addEventListener("paste", (event) => {
    const composer = composerFor(event.target);
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
  return composer?.isOpen && !target.closest?.(taken) && !document.querySelector(COVERS);
}
