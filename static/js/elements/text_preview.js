/** The preview of a text file in the conversation: its first lines, and a button that loads all of them. */

import { drawFileHeader } from "chatsite/elements/file_icon.js";
import { showFileLines } from "chatsite/elements/server_html.js";
import { clone } from "chatsite/elements/templates.js";
import { gettext, ngettext } from "chatsite/i18n.js";
import { loadModule } from "chatsite/net/module_loader.js";

const CUT_LINE = /…$/m;
const SHOWN_LINES = 8; // of the 20 that the server may send

export function textPreview(attachment) {
  const { name, text, lines } = attachment;
  const preview = attachment.preview.split("\n").slice(0, SHOWN_LINES).join("\n");
  const figure = clone("file-text");
  figure.querySelector("pre").setAttribute("aria-label", gettext("Text of %(name)s", { name }));
  drawFileHeader(figure, attachment);
  showFileLines(figure.querySelector("code"), preview);
  if (text && (lines > lineCount(preview) || CUT_LINE.test(preview))) addToggle(figure, { preview, text, lines });
  return figure;
}

function addToggle(figure, { preview, text, lines }) {
  const code = figure.querySelector("code");
  const button = figure.querySelector("button");
  const error = figure.querySelector(".text-file__error");
  const isCut = lines > lineCount(preview);
  const label = isCut ? ngettext("Show all %(count)s line", "Show all %(count)s lines", lines) : gettext("Wrap long lines");
  let loading = null;
  const collapse = () => {
    loading?.abort();
    loading = null;
    showFileLines(code, preview);
    update(false);
    figure.querySelector("pre").scrollTo(0, 0);
    figure.scrollIntoView({ block: "nearest" }); // the button is below the lines that are gone
  };
  const update = (isOpen) => {
    figure.classList.toggle("is-open", isOpen);
    button.setAttribute("aria-expanded", String(isOpen));
    button.textContent = isOpen ? gettext("Show less") : label;
    error.textContent = "";
  };
  button.addEventListener("click", async () => {
    if (loading) return collapse();
    const controller = new AbortController();
    loading = controller;
    update(true);
    try {
      const { showFullText } = await loadModule("chatsite/elements/text_viewer.js");
      await showFullText(code, text, controller.signal);
    } catch {
      if (controller.signal.aborted) return;
      collapse();
      error.textContent = gettext("Couldn’t load the rest.");
    }
  });
  figure.querySelector(".text-file__footer").hidden = false;
  update(false);
}

function lineCount(preview) {
  return preview.replace(/\n$/, "").split("\n").length;
}
