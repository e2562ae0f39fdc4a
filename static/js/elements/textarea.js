/** The behaviour shared by all text fields of the chat, which grow with their text and send it on Enter. */

const MAX_HEIGHT = 0.4; // of the window

export function grow(field) {
  field.style.blockSize = "auto";
  field.style.blockSize = `${Math.min(field.scrollHeight, window.innerHeight * MAX_HEIGHT)}px`;
}

/** Returns whether the key means "send": Enter without Shift, unless it accepts an input method's suggestion. */
export function isSendKey(event) {
  return event.key === "Enter" && !event.shiftKey && !event.isComposing && event.keyCode !== 229;
}
