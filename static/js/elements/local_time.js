/**
 * <local-time>: a <time> that the server rendered, shown in the format of the chat and in the browser's time zone. Also
 * tells the server that zone, for texts that aren't replaced here.
 */

import { formatDate, formatDateAndTime, formatDateTime, formatTime, isToday } from "chatsite/format/dates.js";

const A_YEAR = 31_536_000;

class LocalTime extends HTMLElement {
  connectedCallback() {
    const time = this.querySelector("time");
    const format = this.getAttribute("format");
    if (format === "date") time.textContent = formatDate(time.dateTime);
    if (format === "datetime") time.textContent = formatDateAndTime(time.dateTime);
    if (format === "column") time.textContent = (isToday(time.dateTime) ? formatTime : formatDateAndTime)(time.dateTime);
    if (format !== "datetime") time.title = formatDateTime(time.dateTime);
  }
}

customElements.define("local-time", LocalTime);

export const timeZone = () => Intl.DateTimeFormat().resolvedOptions().timeZone;

// Captures, so that the field is set before another listener sends the form. Forms may be added to the page later.
document.addEventListener(
  "submit",
  ({ target }) => {
    const field = target.elements.namedItem("zone");
    if (field?.type === "hidden") field.value = timeZone();
  },
  { capture: true },
);
const secure = location.protocol === "https:" ? "; secure" : "";
document.cookie = `time_zone=${timeZone()}; path=/; max-age=${A_YEAR}; samesite=lax${secure}`;
