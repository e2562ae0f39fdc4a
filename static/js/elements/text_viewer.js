/** Draws all lines of a text file in chunks as they arrive, so that the page stays responsive. */

import { showFileLines } from "chatsite/elements/server_html.js";

const CHUNK_LINES = 400;

/** `url` responds with one line of HTML for each line of the file. Throws if it can't be read completely. */
export async function showFullText(code, url, signal) {
  const response = await fetch(url, { credentials: "same-origin", signal });
  if (!response.ok) throw new Error(`status ${response.status}`);
  const lines = response.body.pipeThrough(new TextDecoderStream()).pipeThrough(lineSplitter());
  const reader = lines.getReader();
  let isFirst = true;
  for (let { done, value } = await reader.read(); !done; { done, value } = await reader.read()) {
    signal.throwIfAborted();
    if (!code.isConnected) return reader.cancel();
    if (isFirst) code.replaceChildren();
    isFirst = false;
    code.append(chunk(value));
    await new Promise(requestAnimationFrame);
  }
}

function chunk(lines) {
  const element = document.createElement("span");
  element.className = "text-file__chunk";
  showFileLines(element, `${lines.join("\n")}\n`);
  return element;
}

/** Transforms pieces of text into arrays of at most `maxLines` complete lines. */
export function lineSplitter(maxLines = CHUNK_LINES) {
  let rest = "";
  const enqueue = (controller, lines) => {
    for (let start = 0; start < lines.length; start += maxLines) controller.enqueue(lines.slice(start, start + maxLines));
  };
  return new TransformStream({
    transform(text, controller) {
      const lines = (rest + text).split("\n");
      rest = lines.pop();
      enqueue(controller, lines);
    },
    flush(controller) {
      if (rest) enqueue(controller, [rest]);
    },
  });
}
