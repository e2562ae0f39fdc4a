/** A text in the conversation: its first lines, coloured by the server, and all of it when asked for. */

import { showHead } from "chatsite/elements/file_icon.js";
import { showFileLines } from "chatsite/elements/server_html.js";
import { clone } from "chatsite/elements/templates.js";

const CUT = /…$/m; // a long line of which the preview has the beginning

export function textSheet(attachment) {
  const { name, preview, text, lines } = attachment;
  const figure = clone("file-text");
  const code = figure.querySelector("code");
  figure.querySelector("pre").setAttribute("aria-label", `Text of ${name}`);
  showHead(figure, attachment);
  showFileLines(code, preview);
  if (text && (lines > countOf(preview) || CUT.test(preview))) offerAll(figure, attachment);
  return figure;
}

function offerAll(figure, { preview, text, lines }) {
  const code = figure.querySelector("code");
  const button = figure.querySelector("button");
  const error = figure.querySelector(".text-file__error");
  const all = lines > countOf(preview) ? `Show all ${lines.toLocaleString()} lines` : "Wrap long lines";
  let reading = null;
  const fold = () => {
    reading?.abort();
    reading = null;
    showFileLines(code, preview);
    turn(false);
    figure.querySelector("pre").scrollTo(0, 0);
  };
  const turn = (isOpen) => {
    figure.classList.toggle("is-open", isOpen);
    button.setAttribute("aria-expanded", String(isOpen));
    button.textContent = isOpen ? "Show less" : all;
    error.textContent = "";
  };
  button.addEventListener("click", async () => {
    if (reading) return fold();
    const mine = new AbortController();
    reading = mine;
    turn(true);
    try {
      const { showWhole } = await import("chatsite/elements/text_viewer.js");
      await showWhole(code, text, mine.signal);
    } catch {
      if (mine.signal.aborted) return;
      fold();
      error.textContent = "Couldn’t load the rest.";
    }
  });
  figure.querySelector(".text-file__footer").hidden = false;
  turn(false);
}

function countOf(preview) {
  return preview.replace(/\n$/, "").split("\n").length;
}
