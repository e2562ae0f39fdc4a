/** The dialog in which users set their availability and status message, opened from the sidebar. */

import { timeZone } from "chatsite/elements/local_time.js";
import { notify } from "chatsite/elements/notices.js";
import { formatTime } from "chatsite/format/dates.js";
import { gettext } from "chatsite/i18n.js";
import { statusText } from "chatsite/model/presence.js";
import { post } from "chatsite/net/http.js";

const KEEP = "keep";

const dialog = document.getElementById("status");
const form = dialog.querySelector("form");
let target;

form.querySelector('[data-action="clear-status"]').addEventListener("click", () => {
  form.elements.text.value = "";
  form.elements.text.focus();
});
form.querySelector('[data-action="cancel-status"]').addEventListener("click", () => dialog.close());
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (await save(form, target)) dialog.close();
});

/** The form is posted to `url`. `me` is this user's current data. */
export function openStatusDialog({ url, me }) {
  target = url;
  fill(form, me);
  dialog.showModal();
}

function fill(form, me) {
  const { status, text, clear_after: clearAfter, hides_last_seen: hidesLastSeen, zone } = form.elements;
  status.value = me.status;
  text.value = statusText(me);
  hidesLastSeen.checked = me.hides_last_seen;
  zone.value = timeZone();
  const keep = clearAfter.querySelector(`[value="${KEEP}"]`);
  const isTimed = Boolean(text.value && me.status_until);
  keep.hidden = keep.disabled = !isTimed;
  if (isTimed) keep.textContent = gettext("Until %(time)s", { time: formatTime(me.status_until) });
  clearAfter.value = isTimed ? KEEP : "";
  showError(form, "");
}

/** Returns whether the dialog can be closed, which it can't if the form is invalid. */
async function save(form, url) {
  try {
    await post(url, new FormData(form));
    return true;
  } catch (error) {
    if (error.status === 400) showError(form, error.message);
    else notify(gettext("Couldn’t save your status. %(reason)s", { reason: error.message }), "is-error");
    return error.status !== 400;
  }
}

function showError(form, text) {
  form.querySelector(".dialog__error").textContent = text;
}
