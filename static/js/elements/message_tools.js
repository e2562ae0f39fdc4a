/** The tools of a message, on hover, focus or a long press, and the editor that replaces its text. */

import { clone } from "chatsite/elements/templates.js";
import { grow, isSendKey } from "chatsite/elements/textarea.js";
import { gettext } from "chatsite/i18n.js";

const LONG_PRESS = 450;

/** `allowed(message)` returns the Set of a message's tools. `act(action, message, element)` is called when one is used. */
export function watchMessageTools(log, { allowed, act }) {
  const tools = clone("message-tools");
  let press;
  const show = (element) => element && attach(tools, element, log.messageAt(element), allowed);

  log.addEventListener("pointerover", (event) => event.pointerType === "mouse" && show(event.target.closest(".msg")));
  log.addEventListener("pointerleave", (event) => event.pointerType === "mouse" && !tools.matches(":focus-within") && tools.remove());
  log.addEventListener(
    "focusin",
    ({ target }) => !tools.contains(target) && target.matches(":focus-visible") && show(target.closest(".msg")),
  );
  log.addEventListener("pointerdown", (event) => {
    clearTimeout(press);
    if (event.pointerType === "mouse") return;
    if (!tools.contains(event.target)) tools.remove();
    press = setTimeout(() => show(event.target.closest(".msg")), LONG_PRESS);
  });
  for (const end of ["pointerup", "pointercancel", "pointermove"]) log.addEventListener(end, () => clearTimeout(press));
  // On Android, a long press would also open the browser's own menu.
  log.addEventListener("contextmenu", (event) => event.pointerType === "touch" && !event.target.closest("a") && event.preventDefault());
  log.addEventListener("click", ({ target }) => {
    const action = target.closest("[data-action]")?.dataset.action;
    const message = action && log.messageAt(target);
    if (message) act(action, message, target.closest(".msg"));
  });
}

function attach(tools, element, message, allowed) {
  const names = message && !element.classList.contains("is-editing") ? allowed(message) : new Set();
  if (!names.size) return tools.remove();
  for (const button of tools.children) button.hidden = !names.has(button.dataset.action);
  if (tools.parentElement !== element) element.append(tools);
}

/** Opens the editor. If `save(body)` throws an Error, its message is shown. `done()` is called when the editor has closed. */
export function editInPlace(element, message, { save, done }) {
  if (element.classList.contains("is-editing")) return;
  const editor = clone("message-editor");
  const field = editor.querySelector("textarea");
  element.querySelector(".tools")?.remove();
  element.classList.add("is-editing");
  element.querySelector(".msg__body").after(editor);
  field.value = message.body;

  const close = () => {
    editor.remove();
    element.classList.remove("is-editing");
    done();
  };
  const submit = async (event) => {
    event.preventDefault();
    if (await submitEdit(editor, field.value.trim(), message, save)) close();
  };
  field.addEventListener("input", () => grow(field));
  field.addEventListener("keydown", (event) => {
    if (isSendKey(event)) submit(event);
    if (event.key !== "Escape") return;
    event.stopPropagation();
    close();
  });
  editor.addEventListener("submit", submit);
  editor.querySelector('[data-action="cancel-edit"]').addEventListener("click", close);
  grow(field);
  field.focus();
  editor.scrollIntoView({ block: "nearest" });
  field.setSelectionRange(field.value.length, field.value.length);
}

/** Returns whether the edit was saved. */
async function submitEdit(editor, body, message, save) {
  if (body === message.body) return true;
  if (!body && !message.attachments?.length) return false;
  const error = editor.querySelector(".editor__error");
  error.textContent = "";
  try {
    await save(body);
    return true;
  } catch ({ code, message: text }) {
    error.textContent = code === "offline" ? gettext("No connection. Your edit hasn’t been saved yet.") : text;
    return false;
  }
}
