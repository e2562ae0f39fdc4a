/** What every text field of the chat does: grows with its text, and sends on Enter without cutting off an IME. */

const MOST = 0.4; // of the window's height

export function grow(field) {
  field.style.blockSize = "auto";
  field.style.blockSize = `${Math.min(field.scrollHeight, window.innerHeight * MOST)}px`;
}

/** Enter that is meant as 'send': not with Shift, and not the one that accepts an input method's suggestion. */
export function isSend(event) {
  return event.key === "Enter" && !event.shiftKey && !event.isComposing && event.keyCode !== 229;
}
