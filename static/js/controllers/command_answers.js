/** Shows the answers of slash commands that only this user sees. */

import { drawMessageBody } from "chatsite/elements/message_body.js";
import { clone } from "chatsite/elements/templates.js";
import { formatDateTime, formatTime } from "chatsite/format/dates.js";

let count = 0;

/** Adds the answer of a `command.answer` event to `answers`, a CommandAnswers. */
export function showAnswer({ room, thread, run, command, at, body, html, replaces }, answers) {
  const node = clone("command-answer");
  node.querySelector("bdi").textContent = `/${command}`;
  Object.assign(node.querySelector("time"), { dateTime: at, title: formatDateTime(at), textContent: formatTime(at) });
  drawMessageBody(node.querySelector(".msg__body"), { html, body });
  const answer = { key: ++count, room, thread, run, at, node };
  node.querySelector("button").addEventListener("click", () => {
    const field = node.closest("message-thread, .app")?.querySelector("message-composer");
    answers.remove(answer);
    field?.focus();
  });
  answers.add(answer, { replaces });
}

/** Removes the answers of a `command.withdrawn` event. */
export function withdrawAnswers({ run }, answers) {
  answers.withdraw(run);
}
