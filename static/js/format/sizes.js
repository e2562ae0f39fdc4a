/** Sizes in decimal units with three significant digits. */

import { language } from "chatsite/i18n.js";

const UNITS = [
  [1e9, "gigabyte"],
  [1e6, "megabyte"],
  [1e3, "kilobyte"],
];

/** Returns a size such as "1.25 GB", "80 MB" or "312 bytes". */
export function formatSize(bytes) {
  const [divisor, unit] = UNITS.find(([minimum]) => bytes >= minimum) ?? [1, "byte"];
  const unitDisplay = unit === "byte" ? "long" : "short";
  return new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay, maximumSignificantDigits: 3 }).format(bytes / divisor);
}
