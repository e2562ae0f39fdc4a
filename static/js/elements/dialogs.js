/** Questions that must be answered, and short notices that need no answer. */

const NOTICE_FOR = 6000;

/** Asks in a modal dialog; resolves with true for yes. */
export function ask(question) {
  return open(document.getElementById("question"), question);
}

/** Asks for some words ({field, limit}) or for one of several things ({field, choices: {value: label}}); null for no. */
export async function askFor({ field, choices, limit, ...question }) {
  const dialog = document.getElementById("request");
  const [select, words] = [dialog.querySelector("select"), dialog.querySelector("textarea")];
  const entry = choices ? select : words;
  for (const each of [select, words]) each.hidden = each.disabled = each !== entry;
  dialog.querySelector(".dialog__label").textContent = field;
  select.replaceChildren(...Object.entries(choices ?? {}).map(([value, label]) => new Option(label, value)));
  if (limit) words.maxLength = limit;
  words.value = "";
  return (await open(dialog, question)) ? entry.value.trim() : null;
}

function open(dialog, { title, text, yes, quote = "" }) {
  dialog.querySelector("h2").textContent = title;
  dialog.querySelector("p").textContent = text;
  dialog.querySelector("[value=yes]").textContent = yes;
  const cited = dialog.querySelector(".dialog__quote");
  cited.hidden = !quote;
  cited.textContent = quote;
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
  });
}

/** What the server said with the page goes like what it says later. */
export function ageNotices(lasting) {
  for (const notice of document.querySelectorAll(".notices .notice")) setTimeout(() => notice.remove(), lasting);
}

export function notify(text, kind = "", lasting = NOTICE_FOR) {
  const notice = document.createElement("p");
  notice.className = `notice ${kind}`;
  notice.textContent = text;
  document.querySelector(".notices").append(notice);
  setTimeout(() => notice.remove(), lasting);
}
