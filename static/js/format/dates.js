/** Times as a person says them, in the viewer's own language and time zone. */

const format = (options) => {
  const formatter = new Intl.DateTimeFormat(undefined, options);
  return (at) => formatter.format(new Date(at));
};

// 09:12, but 9:12 AM.
const { hour12 } = new Intl.DateTimeFormat(undefined, { hour: "numeric" }).resolvedOptions();
export const formatTime = format({ hour: hour12 ? "numeric" : "2-digit", minute: "2-digit" });
export const formatDateTime = format({ dateStyle: "full", timeStyle: "short" });
const weekday = format({ weekday: "long" });
const dayMonth = format({ weekday: "long", day: "numeric", month: "long" });
const dayMonthYear = format({ weekday: "long", day: "numeric", month: "long", year: "numeric" });

/** The viewer's calendar day as a sortable key, such as "2026-11-21". */
export function dayKey(at) {
  const date = new Date(at);
  const pad = (number) => String(number).padStart(2, "0");
  return `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`;
}

/** "Today", "Yesterday", "Monday" within the week, then the date, with its year where that is another one. */
export function dayLabel(at, now = new Date()) {
  const days = daysBetween(at, now);
  if (days === 0) return "Today";
  if (days === 1) return "Yesterday";
  if (days > 1 && days < 7) return weekday(at);
  return new Date(at).getFullYear() === now.getFullYear() ? dayMonth(at) : dayMonthYear(at);
}

function daysBetween(at, now) {
  const midnight = (date) => Date.UTC(date.getFullYear(), date.getMonth(), date.getDate());
  return Math.round((midnight(now) - midnight(new Date(at))) / 86_400_000);
}
