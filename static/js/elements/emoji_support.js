/** Finds out which emoji the device's font can draw. */

const SIZE = 24; // in pixels
const COMMON = "😀";
const COUNTRY_FLAG = /^\p{RI}{2}$/u;

let context;
const drawn = new Map(); // whether one emoji of each kind can be drawn, by kind

/**
 * Returns whether an emoji ({emoji, version}) can be drawn. One of each version is tried, and one country's flag, because Windows
 * has none. Without a font with colored emoji, nothing can be said, so all are.
 */
export function isDrawable({ emoji, version }) {
  const kind = COUNTRY_FLAG.test(emoji) ? "flag" : version;
  if (!kind) return true;
  if (!drawn.has(kind)) drawn.set(kind, isColored(emoji) || !isColored(COMMON));
  return drawn.get(kind);
}

/** A picture has its own colors, and is as wide as any other. Several pictures in place of one are wider. */
function isColored(emoji) {
  context ??= createContext();
  if (!context) return true;
  if (context.measureText(emoji).width > context.measureText(COMMON).width * 1.3) return false;
  const [dark, light] = ["#000", "#f00"].map((color) => draw(emoji, color));
  return dark.some(Boolean) && dark.every((value, index) => value === light[index]);
}

function createContext() {
  const canvas = Object.assign(document.createElement("canvas"), { width: SIZE, height: SIZE });
  const created = canvas.getContext("2d", { willReadFrequently: true });
  const font = getComputedStyle(document.body).getPropertyValue("--emoji");
  if (created) Object.assign(created, { font: `${SIZE * 0.75}px ${font}`, textBaseline: "top" });
  return created;
}

function draw(emoji, color) {
  context.clearRect(0, 0, SIZE, SIZE);
  context.fillStyle = color;
  context.fillText(emoji, 0, 0);
  return context.getImageData(0, 0, SIZE, SIZE).data;
}
