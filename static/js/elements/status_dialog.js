/** The dialog in which one says how one is seen: opened from one's own corner of the sidebar. */

import { notify } from "chatsite/elements/dialogs.js";
import { timeZone } from "chatsite/elements/time_zone.js";
import { formatTime } from "chatsite/format/dates.js";
import { post } from "chatsite/net/http.js";
import { statusText } from "chatsite/model/status.js";

const KEEP = "keep";

/** `me()` gives what is known of oneself now; `url` takes the form. */
export function watchStatusDialog({ url, me }) {
  const dialog = document.getElementById("status");
  const form = dialog.querySelector("form");
  document.querySelector('[data-action="status"]').addEventListener("click", () => {
    fill(form, me());
    dialog.showModal();
  });
  form.querySelector('[data-action="clear-status"]').addEventListener("click", () => {
    form.elements.text.value = "";
    form.elements.text.focus();
  });
  form.querySelector('[data-action="cancel-status"]').addEventListener("click", () => dialog.close());
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (await save(form, url)) dialog.close();
  });
}

function fill(form, me) {
  const { status, text, lasting, hides_last_seen: hides, zone } = form.elements;
  status.value = me.status;
  text.value = statusText(me);
  hides.checked = me.hides_last_seen;
  zone.value = timeZone();
  const keep = lasting.querySelector(`[value="${KEEP}"]`);
  const isTimed = Boolean(text.value && me.status_until);
  keep.hidden = keep.disabled = !isTimed;
  if (isTimed) keep.textContent = `Until ${formatTime(me.status_until)}`;
  lasting.value = isTimed ? KEEP : "";
  say(form, "");
}

async function save(form, url) {
  try {
    await post(url, new FormData(form));
    return true;
  } catch (error) {
    if (error.status === 400) say(form, error.message);
    else notify(`Couldn’t save your status. ${error.message}`, "is-error");
    return error.status !== 400;
  }
}

function say(form, sentence) {
  form.querySelector(".dialog__error").textContent = sentence;
}
