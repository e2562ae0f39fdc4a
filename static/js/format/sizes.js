/** Sizes in decimal units with three significant digits, exactly as the server formats them (messaging/attachments/sizes.py). */

import { language } from "chatsite/i18n.js";

const DIGITS = 3;
const UNITS = [
  [1e12, "terabyte"],
  [1e9, "gigabyte"],
  [1e6, "megabyte"],
  [1e3, "kilobyte"],
];

/** Returns a size such as "1.25 GB", "80 MB" or "312 bytes". */
export function formatSize(bytes) {
  const rounded = round(bytes);
  const [divisor, unit] = UNITS.find(([minimum]) => rounded >= minimum) ?? [1, "byte"];
  const unitDisplay = unit === "byte" ? "long" : "short";
  return new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay, maximumSignificantDigits: DIGITS }).format(rounded / divisor);
}

/** Rounds to three significant digits first: 999,999 bytes are 1 MB, and not 1,000 kB. */
function round(bytes) {
  const step = 10 ** Math.max(0, String(Math.trunc(bytes)).length - DIGITS);
  return Math.round(bytes / step) * step;
}
