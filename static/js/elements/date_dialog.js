/** The dialog in which users choose a date to jump to. */

import { dayKey, startOfDay } from "chatsite/format/dates.js";

const BEGINNING = new Date(0);

/** Asks for a date, and suggests that of `at`. Resolves with the beginning of that day, or null if cancelled. */
export function askForDate(at) {
  const dialog = document.getElementById("date-jump");
  const form = dialog.querySelector("form");
  const { date } = form.elements;
  date.max = dayKey(new Date());
  date.value = dayKey(at ?? new Date());
  const choose = ({ target }) => target.dataset.day && dialog.close(target.dataset.day);
  form.addEventListener("click", choose);
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    const finish = () => {
      form.removeEventListener("click", choose);
      resolve(timeOf(dialog.returnValue, date.value));
    };
    dialog.addEventListener("close", finish, { once: true });
  });
}

function timeOf(choice, date) {
  if (choice === "beginning") return BEGINNING;
  if (choice === "today") return startOfDay(dayKey(new Date()));
  if (choice === "yesterday") return startOfDay(dayKey(new Date()), -1);
  return choice === "date" ? startOfDay(date) : null;
}
