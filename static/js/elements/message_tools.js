/** The tools of a message, on hover, focus or a long press. */

import { isEditing } from "chatsite/elements/message_editor.js";
import { clone } from "chatsite/elements/templates.js";

const LONG_PRESS = 450;
const TREMOR = 10; // pixels that a finger may move during a long press

/** `allowed(message)` returns the Set of a message's tools. `act(action, message, element)` is called when one is used. */
export function watchMessageTools(log, { allowed, act }) {
  const tools = clone("message-tools");
  let press;
  let pressedAt;
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
    pressedAt = event;
    press = setTimeout(() => show(event.target.closest(".msg")), LONG_PRESS);
  });
  for (const end of ["pointerup", "pointercancel"]) log.addEventListener(end, () => clearTimeout(press));
  log.addEventListener("pointermove", (event) => {
    if (pressedAt && Math.hypot(event.clientX - pressedAt.clientX, event.clientY - pressedAt.clientY) > TREMOR) clearTimeout(press);
  });
  // On Android, a long press would also open the browser's own menu.
  log.addEventListener("contextmenu", (event) => event.pointerType === "touch" && !event.target.closest("a") && event.preventDefault());
  log.addEventListener("click", ({ target }) => {
    const action = target.closest("[data-action]")?.dataset.action;
    const message = action && log.messageAt(target);
    if (message) act(action, message, target.closest(".msg"));
  });
}

function attach(tools, element, message, allowed) {
  const names = message && !isEditing(element) ? allowed(message) : new Set();
  if (!names.size) return tools.remove();
  for (const button of tools.firstElementChild.children) button.hidden = !names.has(button.dataset.action);
  if (tools.parentElement !== element) element.append(tools);
}
