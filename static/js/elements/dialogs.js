/** Modal dialogs that ask for a decision, and notices that show the outcome. */

import { notify } from "chatsite/elements/notices.js";
import { gettext } from "chatsite/i18n.js";

/** Asks for confirmation with {title, text, action, quote}, where `action` is the button's text. Resolves with true or false. */
export function confirmAction(question) {
  return open(document.getElementById("question"), question);
}

/** Asks whether to log out although something hasn't been sent. */
export function confirmLogout() {
  return confirmAction({
    title: gettext("Log out and delete unsent messages?"),
    text: gettext("You have messages, drafts or files that haven’t been sent. They’ll be deleted from this browser."),
    action: gettext("Log out"),
  });
}

/** Also asks for a text ({field, limit, isOptional}) or a choice ({field, choices: {value: label}}). Resolves with it, or null if cancelled. */
export async function promptFor({ field, choices, limit, isOptional = false, ...question }) {
  const dialog = document.getElementById("request");
  const [select, textarea] = [dialog.querySelector("select"), dialog.querySelector("textarea")];
  const input = choices ? select : textarea;
  for (const each of [select, textarea]) each.hidden = each.disabled = each !== input;
  dialog.querySelector(".dialog__label").textContent = field;
  select.replaceChildren(...Object.entries(choices ?? {}).map(([value, label]) => new Option(label, value)));
  if (limit) textarea.maxLength = limit;
  textarea.required = !isOptional;
  dialog.querySelector("[value=yes]").classList.toggle("is-danger", !isOptional);
  textarea.value = "";
  return (await open(dialog, question)) ? input.value.trim() : null;
}

function open(dialog, { title, text, action, quote = "" }) {
  dialog.querySelector("h2").textContent = title;
  dialog.querySelector("p").textContent = text;
  dialog.querySelector("[value=yes]").textContent = action;
  const blockquote = dialog.querySelector(".dialog__quote");
  blockquote.hidden = !quote;
  blockquote.textContent = quote;
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
  });
}

/** Runs an async function and shows any error as a notice. Resolves with whether it succeeded. */
export async function attempt(action) {
  try {
    await action();
    return true;
  } catch (error) {
    const isOffline = error.code === "offline" || error.status === 0;
    const text = isOffline ? gettext("No connection. Try again once you’re back online.") : error.message;
    notify(text, "is-error");
    return false;
  }
}
