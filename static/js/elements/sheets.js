/** Side sheets for narrow windows. The room list and the room's details cover the conversation, one at a time. */

import { cover, uncover } from "chatsite/elements/back_button.js";

const app = () => document.querySelector(".app");
let opener = null;

/** Opens a sheet and keeps the focus in it until it is closed. */
export function openSheet(name, button = document.activeElement) {
  closeSheet();
  const sheet = document.getElementById(name);
  opener = button;
  app().dataset.sheet = name;
  document.querySelector(".scrim").hidden = false;
  for (const part of app().children) if (part !== sheet && !part.matches(".scrim")) part.inert = true;
  opener?.setAttribute("aria-expanded", "true");
  sheet.querySelector("[data-sheet-close]").focus();
  sheet.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest" });
  cover(closeSheet);
}

/** Returns whether a sheet was open. */
export function closeSheet() {
  if (!app().dataset.sheet) return false;
  delete app().dataset.sheet;
  document.querySelector(".scrim").hidden = true;
  for (const part of app().children) part.inert = false;
  opener?.setAttribute("aria-expanded", "false");
  opener?.focus();
  opener = null;
  uncover(closeSheet);
  return true;
}
