/** The behavior shared by all text fields of the chat, which grow with their text and send it on Enter. */

const MAX_HEIGHT = 0.4; // of the window

/** An empty field isn't measured, because it has one row. Measuring lays out the page, which has just got another room's messages. */
export function grow(field) {
  if (!field.value) return void (field.style.blockSize = "");
  const parent = field.parentElement;
  parent.style.minBlockSize = `${parent.offsetHeight}px`; // otherwise the log would scroll while the field is measured
  field.style.blockSize = "auto";
  field.style.blockSize = `${Math.min(field.scrollHeight, window.innerHeight * MAX_HEIGHT)}px`;
  parent.style.minBlockSize = "";
}

/**
 * Hides keys that belong to an input method's composition, such as Escape to discard it, from the page's handlers. For the last
 * key of a composition, Safari only sets the code, 229.
 */
export function watchComposition(document) {
  document.addEventListener("keydown", (event) => isComposing(event) && event.stopPropagation(), { capture: true });
}

function isComposing({ isComposing: isActive, keyCode }) {
  return isActive || keyCode === 229;
}

/** Returns whether an input method may still change what is being typed. Keyboards on touch screens compose every word. */
export function isUnfinished({ isComposing: isActive }) {
  return Boolean(isActive) && !matchMedia("(pointer: coarse)").matches;
}

/** Returns whether the key means "send": Enter without Shift. */
export function isSendKey(event) {
  return event.key === "Enter" && !event.shiftKey;
}
