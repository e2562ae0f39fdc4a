/** Gestures on messages: a long press, and a swipe towards the start of the line. */

import { clone } from "chatsite/elements/templates.js";
import { offerTouchHint } from "chatsite/elements/touch_hint.js";

// In milliseconds.
const LONG_PRESS = 450;
const CLICK_DELAY = 300; // at most, between the end of a touch and its click

// In pixels.
const TREMOR = 10; // that a finger may move during a long press
const SWIPE_START = 14;
const SWIPE_ENOUGH = 56;
const SWIPE_END = 76;
const EDGE = 24; // where a swipe belongs to the browser, which goes back

/**
 * `onLongPress(element)` and `onSwipe(element)` are called with a message's element. `isIgnored(target)` returns whether a long press
 * there is left to the browser.
 */
export function watchTouch(log, { isIgnored, onLongPress, canSwipe, onSwipe }) {
  const endHint = offerTouchHint(log, canSwipe);
  let touch = null; // {element, x, y, timer, swipe}
  const end = () => {
    clearTimeout(touch?.timer);
    touch?.swipe?.remove();
    touch = null;
  };
  const press = () => {
    const { element } = touch;
    end();
    ignoreNextClick();
    endHint();
    onLongPress(element);
  };
  log.addEventListener("pointerdown", (event) => {
    end();
    const element = event.target.closest(".msg");
    if (event.pointerType === "mouse" || !event.isPrimary || !element) return;
    touch = { element, id: event.pointerId, x: event.clientX, y: event.clientY, timer: null, swipe: null };
    if (!isIgnored(event.target)) touch.timer = setTimeout(press, LONG_PRESS);
  });
  log.addEventListener("pointermove", (event) => {
    if (!touch || event.pointerId !== touch.id) return;
    const [x, y] = [event.clientX - touch.x, event.clientY - touch.y];
    if (Math.hypot(x, y) > TREMOR) clearTimeout(touch.timer);
    if (!touch.swipe && startsSwipe(touch, x, y) && canSwipe(touch.element)) touch.swipe = new Swipe(touch.element);
    touch.swipe?.move(x);
  });
  log.addEventListener("pointerup", () => {
    const { element, swipe } = touch ?? {};
    const isEnough = swipe?.isEnough;
    end();
    if (!isEnough) return;
    endHint();
    onSwipe(element);
  });
  log.addEventListener("pointercancel", end); // the browser scrolls
}

function startsSwipe({ element, x: from }, x, y) {
  const distance = x * towardsStart(element);
  return distance > SWIPE_START && distance > 2 * Math.abs(y) && from > EDGE && from < innerWidth - EDGE;
}

/** The message follows the finger, and an icon shows whether letting go now would reply. */
class Swipe {
  isEnough = false;
  #element;
  #icon = clone("message-swipe");

  constructor(element) {
    this.#element = element;
    element.classList.add("is-swiping");
    element.append(this.#icon);
  }

  move(x) {
    const distance = Math.max(0, Math.min(SWIPE_END, x * towardsStart(this.#element)));
    this.isEnough = distance >= SWIPE_ENOUGH;
    this.#icon.classList.toggle("is-enough", this.isEnough);
    this.#element.style.setProperty("--swipe", `${distance * towardsStart(this.#element)}px`);
  }

  remove() {
    this.#icon.remove();
    this.#element.classList.remove("is-swiping");
    this.#element.style.removeProperty("--swipe");
  }
}

function towardsStart(element) {
  return getComputedStyle(element).direction === "rtl" ? 1 : -1;
}

/** Lifting the finger that opened the menu must not choose an item. */
function ignoreNextClick() {
  const stop = (event) => {
    event.preventDefault();
    event.stopPropagation();
    done();
  };
  const done = () => document.removeEventListener("click", stop, { capture: true });
  document.addEventListener("click", stop, { capture: true });
  for (const type of ["pointerup", "pointercancel"])
    document.addEventListener(type, () => setTimeout(done, CLICK_DELAY), { once: true, capture: true });
}
