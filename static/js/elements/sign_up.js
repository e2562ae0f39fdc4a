/** The sign-up form: proposes a username while the display name is typed, and checks it on the server. */

import { fieldNote } from "chatsite/elements/text_limit.js";
import { getJson } from "chatsite/net/http.js";

const DELAY = 300;

const form = document.querySelector("form[data-username-url]");
const { display_name: displayName, username } = form.elements;
const note = fieldNote(username, "check");
let isOwn = username.value !== ""; // typed by the person, and not proposed
let timer = 0;
let latest = 0;

function askForProposal() {
  if (!isOwn) ask({ display_name: displayName.value }, propose);
}

if (displayName.value) askForProposal(); // the name may have been typed before this code was loaded
displayName.addEventListener("input", askForProposal);
username.addEventListener("input", () => {
  isOwn = username.value !== "";
  ask({ username: username.value }, showError);
});

function propose({ suggestion = "" }) {
  username.value = suggestion;
  showError({});
}

function showError({ error = "" }) {
  note.textContent = error;
  username.classList.toggle("is-invalid", error !== "");
}

/** Asks the server after a pause in typing. Only the latest reply counts, and an empty value isn't sent. */
function ask(values, use) {
  const number = ++latest;
  const [value] = Object.values(values);
  clearTimeout(timer);
  timer = setTimeout(async () => {
    const url = `${form.dataset.usernameUrl}?${new URLSearchParams(values)}`;
    const reply = value.trim() ? await getJson(url).catch(() => null) : {};
    if (reply && number === latest) use(reply);
  }, DELAY);
}
