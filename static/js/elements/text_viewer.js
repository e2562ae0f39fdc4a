/** All lines of a text file, drawn in pieces while they come in, so that the page stays alive. */

import { showFileLines } from "chatsite/elements/server_html.js";

const LINES = 400;

/** `url` gives a line of HTML for each line of the file. Throws where it cannot be read to its end. */
export async function showWhole(code, url, signal) {
  const response = await fetch(url, { credentials: "same-origin", signal });
  if (!response.ok) throw new Error(`status ${response.status}`);
  const lines = response.body.pipeThrough(new TextDecoderStream()).pipeThrough(splitter());
  const reader = lines.getReader();
  let isFirst = true;
  for (let { done, value } = await reader.read(); !done; { done, value } = await reader.read()) {
    signal.throwIfAborted();
    if (!code.isConnected) return reader.cancel();
    if (isFirst) code.replaceChildren();
    isFirst = false;
    code.append(piece(value));
    await new Promise(requestAnimationFrame);
  }
}

function piece(lines) {
  const element = document.createElement("span");
  element.className = "text-file__chunk";
  showFileLines(element, `${lines.join("\n")}\n`);
  return element;
}

/** Text in whatever portions → arrays of whole lines. */
export function splitter(most = LINES) {
  let rest = "";
  const give = (controller, lines) => {
    for (let at = 0; at < lines.length; at += most) controller.enqueue(lines.slice(at, at + most));
  };
  return new TransformStream({
    transform(text, controller) {
      const lines = (rest + text).split("\n");
      rest = lines.pop();
      give(controller, lines);
    },
    flush(controller) {
      if (rest) give(controller, [rest]);
    },
  });
}
