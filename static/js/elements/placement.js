/** Places menus and pickers, which are modal dialogs, beside what they belong to. */

const MARGIN = 8; // in pixels, to the edges of the window

/** Moves an open dialog beside an element or a point ({x, y}). `fromEnd`: it is aligned with the end of the element. */
export function placeBeside(dialog, place, { fromEnd = place.matches?.("button") } = {}) {
  const { offsetWidth: width, offsetHeight: height } = dialog;
  const isRtl = getComputedStyle(dialog).direction === "rtl";
  const box = place.getBoundingClientRect?.();
  const start = box ? (isRtl === Boolean(fromEnd) ? box.left : box.right) : place.x;
  const [below, above] = box ? [box.bottom, box.top] : [place.y, place.y];
  const left = isRtl === Boolean(fromEnd) ? start : start - width;
  const top = below + height + MARGIN <= innerHeight ? below : above - height;
  dialog.style.inset = `${between(top, innerHeight - height)}px auto auto ${between(left, innerWidth - width)}px`;
}

/** Returns the position, moved into the window. */
function between(position, end) {
  return Math.max(MARGIN, Math.min(position, end - MARGIN));
}
