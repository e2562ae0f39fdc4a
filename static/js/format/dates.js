/** Dates and times in the page's language and the viewer's time zone. */

import { gettext, language } from "chatsite/i18n.js";

const formatter = (options) => {
  const format = new Intl.DateTimeFormat(language, options);
  return (at) => format.format(new Date(at));
};

// Two digits for "09:12", but not for "9:12 AM".
const { hour12 } = new Intl.DateTimeFormat(language, { hour: "numeric" }).resolvedOptions();
const time = { hour: hour12 ? "numeric" : "2-digit", minute: "2-digit" };
export const formatTime = formatter(time);
export const formatShortDateTime = formatter({ day: "numeric", month: "short", ...time });
export const formatDate = formatter({ day: "numeric", month: "short", year: "numeric" });
export const formatDateAndTime = formatter({ day: "numeric", month: "short", year: "numeric", ...time });
export const formatDateTime = formatter({ dateStyle: "full", timeStyle: "short" });
const formatWeekday = formatter({ weekday: "long" });
const formatDay = formatter({ weekday: "long", day: "numeric", month: "long" });
const formatDayAndYear = formatter({ weekday: "long", day: "numeric", month: "long", year: "numeric" });

/** Returns the time that it is now in a zone, such as "Asia/Tokyo", or "" if the browser doesn't know the zone. */
export function formatTimeIn(timeZone, now = new Date()) {
  try {
    return new Intl.DateTimeFormat(language, { ...time, timeZone }).format(now);
  } catch {
    return "";
  }
}

/** Returns the day in the viewer's time zone as a sortable key, such as "2026-11-21". */
export function dayKey(at) {
  const date = new Date(at);
  const pad = (number) => String(number).padStart(2, "0");
  return `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`;
}

/** Returns the Date at which a day, such as "2026-11-21", or the one `offset` days later begins in the viewer's time zone. */
export function startOfDay(key, offset = 0) {
  const [year, month, day] = key.split("-").map(Number);
  const date = new Date(2000, month - 1, day + offset);
  date.setFullYear(year, month - 1, day + offset); // the constructor takes years before 100 for those after 1900
  return date;
}

export function isToday(at, now = new Date()) {
  return daysBetween(at, now) === 0;
}

/** Returns "Today", "Yesterday", a weekday within the last week, or the date, with its year unless that is the current one. */
export function dayLabel(at, now = new Date()) {
  const days = daysBetween(at, now);
  if (days === 0) return gettext("Today");
  if (days === 1) return gettext("Yesterday");
  if (days > 1 && days < 7) return formatWeekday(at);
  return new Date(at).getFullYear() === now.getFullYear() ? formatDay(at) : formatDayAndYear(at);
}

/** Returns a label such as "Today, 09:12". */
export function dayTimeLabel(at) {
  return gettext("%(day)s, %(time)s", { day: dayLabel(at), time: formatTime(at) });
}

function daysBetween(at, now) {
  const midnight = (date) => Date.UTC(date.getFullYear(), date.getMonth(), date.getDate());
  return Math.round((midnight(now) - midnight(new Date(at))) / 86_400_000);
}
