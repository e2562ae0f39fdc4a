/** The dialog in which users choose the date and time at which a message is sent. */

import { dayKey, startOfDay } from "chatsite/format/dates.js";

const MORNING = "09:00";

/** Asks for a date and time, and calls `schedule(at)` with it. The dialog stays open if that fails. Resolves once it is closed. */
export function askForTime(schedule) {
  const dialog = document.getElementById("schedule");
  const form = dialog.querySelector("form");
  const error = dialog.querySelector(".dialog__error");
  const { at } = form.elements;
  const now = new Date();
  at.min = `${dayKey(now)}T00:00`;
  at.value = `${dayKey(startOfDay(dayKey(now), 1))}T${MORNING}`;
  error.textContent = "";
  const submit = async (event) => {
    event.preventDefault();
    try {
      await schedule(at.value);
      dialog.close();
    } catch (problem) {
      error.textContent = problem.message;
    }
  };
  const cancel = ({ target }) => target.dataset.action === "cancel" && dialog.close();
  form.addEventListener("submit", submit);
  form.addEventListener("click", cancel);
  dialog.showModal();
  return new Promise((resolve) => {
    const finish = () => {
      form.removeEventListener("submit", submit);
      form.removeEventListener("click", cancel);
      resolve();
    };
    dialog.addEventListener("close", finish, { once: true });
  });
}
