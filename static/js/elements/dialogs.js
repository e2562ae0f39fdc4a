/** Questions that must be answered, and short notices that need no answer. */

const NOTICE_FOR = 6000;

/** Asks in a modal dialog; resolves with true for yes. */
export function ask({ title, text, yes, quote = "" }) {
  const dialog = document.getElementById("question");
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

export function notify(text, kind = "") {
  const notice = document.createElement("p");
  notice.className = `notice ${kind}`;
  notice.textContent = text;
  document.querySelector(".notices").append(notice);
  setTimeout(() => notice.remove(), NOTICE_FOR);
}
