/** What can be done with a message: tools on hover, focus or a long press, and the editor in its place. */

import { clone } from "chatsite/elements/templates.js";
import { grow, isSend } from "chatsite/elements/textarea.js";

const LONG_PRESS = 450;

/** `allowed(message)` names the tools that the message's viewer has: a Set of reply, edit, link, delete. */
export function watchMessages(log, { allowed, act }) {
  const tools = clone("message-tools");
  let press;
  const offer = (element) => element && place(tools, element, log.messageAt(element), allowed);

  log.addEventListener("pointerover", (event) => event.pointerType === "mouse" && offer(event.target.closest(".msg")));
  log.addEventListener("pointerleave", (event) => event.pointerType === "mouse" && !tools.matches(":focus-within") && tools.remove());
  log.addEventListener(
    "focusin",
    ({ target }) => !tools.contains(target) && target.matches(":focus-visible") && offer(target.closest(".msg")),
  );
  log.addEventListener("pointerdown", (event) => {
    clearTimeout(press);
    if (event.pointerType === "mouse") return;
    if (!tools.contains(event.target)) tools.remove();
    press = setTimeout(() => offer(event.target.closest(".msg")), LONG_PRESS);
  });
  for (const end of ["pointerup", "pointercancel", "pointermove"]) log.addEventListener(end, () => clearTimeout(press));
  // On Android the long press would otherwise bring up the browser's own menu as well.
  log.addEventListener("contextmenu", (event) => event.pointerType === "touch" && !event.target.closest("a") && event.preventDefault());
  log.addEventListener("click", ({ target }) => {
    const action = target.closest("[data-action]")?.dataset.action;
    const message = action && log.messageAt(target);
    if (message) act(action, message, target.closest(".msg"));
  });
}

function place(tools, element, message, allowed) {
  const names = message && !element.classList.contains("is-editing") ? allowed(message) : new Set();
  if (!names.size) return tools.remove();
  for (const button of tools.children) button.hidden = !names.has(button.dataset.action);
  if (tools.parentElement !== element) element.append(tools);
}

/** Edits in place. `save(body)` may throw an Error whose message is shown; `done()` is called when it is over. */
export function editInPlace(element, message, { save, done }) {
  if (element.classList.contains("is-editing")) return;
  const editor = clone("message-editor");
  const field = editor.querySelector("textarea");
  element.querySelector(".tools")?.remove();
  element.classList.add("is-editing");
  element.querySelector(".msg__body").after(editor);
  field.value = message.body;

  const finish = () => {
    editor.remove();
    element.classList.remove("is-editing");
    done();
  };
  const submit = (event) => {
    event.preventDefault();
    submitEdit(editor, field.value.trim(), message, save).then((saved) => saved && finish());
  };
  field.addEventListener("input", () => grow(field));
  field.addEventListener("keydown", (event) => {
    if (isSend(event)) submit(event);
    if (event.key !== "Escape") return;
    event.stopPropagation();
    finish();
  });
  editor.addEventListener("submit", submit);
  editor.querySelector('[data-action="cancel-edit"]').addEventListener("click", finish);
  grow(field);
  field.focus();
  editor.scrollIntoView({ block: "nearest" });
  field.setSelectionRange(field.value.length, field.value.length);
}

async function submitEdit(editor, body, message, save) {
  if (body === message.body) return true;
  if (!body && !message.attachments?.length) return false; // only files need no words
  const error = editor.querySelector(".editor__error");
  error.textContent = "";
  try {
    await save(body);
    return true;
  } catch (refusal) {
    error.textContent = refusal.code === "offline" ? "No connection. Your edit hasn’t been saved yet." : refusal.message;
    return false;
  }
}
