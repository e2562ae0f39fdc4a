/** The number of messages for this user in the page's icon, and at the app's icon. */

const MAX = 9; // more doesn't fit
const RING = '<path d="M21.6 12.2a7 7 0 1 0 0 7.6" fill="none" stroke="#fff" stroke-width="4" stroke-linecap="round"/>';
const TEXT = 'fill="#fff" font-family="system-ui,sans-serif" font-size="17" font-weight="700" text-anchor="middle"';
const SHAPE = `<rect width="32" height="32" rx="10" fill="#067a5b"/>${RING}`;

let drawn = "0 false";
let original = null;

/** `count`: the number of messages for this user; `hasOthers`: whether there are other unread ones, for which there is a dot. */
export function showBadge(count, hasOthers) {
  const state = `${count} ${hasOthers}`;
  if (state === drawn) return;
  drawn = state;
  const change = count ? navigator.setAppBadge?.(count) : navigator.clearAppBadge?.();
  change?.catch(() => {}); // only installed apps have a badge
  const link = document.querySelector('link[rel="icon"]');
  original ??= link.getAttribute("href");
  link.href = count || hasOthers ? iconWith(count) : original;
}

function iconWith(count) {
  const mark = count
    ? `<circle cx="21" cy="11" r="11" fill="#c8102e"/><text x="21" y="17" ${TEXT}>${count > MAX ? `${MAX}+` : count}</text>`
    : '<circle cx="25" cy="7" r="6" fill="#c8102e" stroke="#fff" stroke-width="1.5"/>';
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">${SHAPE}${mark}</svg>`;
  return `data:image/svg+xml,${encodeURIComponent(svg)}`;
}
