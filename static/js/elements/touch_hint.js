/** A hint about the gestures on messages, which have no other sign. It is shown until it is dismissed or a gesture has been used. */

import { clone } from "chatsite/elements/templates.js";
import { localStore } from "chatsite/store/safe_storage.js";

const KEY = "chatsite:knows-gestures"; // stays when the user logs out, because it is about the device

/**
 * Shows the hint above the composer once the log has a message with which both gestures can be made, which `isApt(element)` returns.
 * Returns a function that ends it for good.
 */
export function offerTouchHint(log, isApt) {
  const hint = clone("touch-hint");
  const draw = () => {
    hint.hidden = ![...log.querySelectorAll(".msg")].some(isApt);
  };
  const end = () => {
    log.removeEventListener("log-drawn", draw);
    hint.remove();
    localStore.setItem(KEY, "1");
  };
  const isTouched = matchMedia("(pointer: coarse)").matches; // not a computer that also has a touch screen
  if (!isTouched || localStore.getItem(KEY)) return () => {};
  hint.querySelector("button").addEventListener("click", end);
  log.addEventListener("log-drawn", draw);
  document.querySelector(".room__foot").prepend(hint); // so that it covers nothing
  draw();
  return end;
}
