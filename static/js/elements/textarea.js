/** Behaviour that all text fields of the chat share: they grow with their text, and Enter sends it. */

const MAX_HEIGHT = 0.4; // of the window

export function grow(field) {
  field.style.blockSize = "auto";
  field.style.blockSize = `${Math.min(field.scrollHeight, window.innerHeight * MAX_HEIGHT)}px`;
}

/** Whether the key means "send": Enter, but not with Shift, and not one that accepts an input method's suggestion. */
export function isSendKey(event) {
  return event.key === "Enter" && !event.shiftKey && !event.isComposing && event.keyCode !== 229;
}
