/** How a file looks wherever one is shown: its name, cut in the middle, its sign, what it is in a few words. */

import { formatSize } from "chatsite/format/sizes.js";

const ENDING = 12;
const TYPES = {
  "application/pdf": "PDF",
  "application/zip": "ZIP archive",
  "application/gzip": "Compressed file",
  "application/x-7z-compressed": "7z archive",
  "application/x-tar": "TAR archive",
};
const KINDS = { image: "image", video: "video", audio: "audio", text: "text" };

/** The name in two parts: the first gives way where it is too long, the ending stays in sight. */
export function showName(element, name) {
  const dot = name.lastIndexOf(".");
  const at = dot > 0 && name.length - dot <= ENDING ? dot : name.length;
  const [stem, ending] = element.children;
  stem.textContent = name.slice(0, at);
  ending.textContent = name.slice(at);
  element.title = name;
}

/** The sign of a kind (or any other of our icons) in a glyph that is drawn already. */
export function showGlyph(glyph, name) {
  const use = glyph.querySelector("use");
  use.setAttribute("href", use.getAttribute("href").replace(/#.*$/, `#${name}`));
}

export function glyphOf(kind) {
  return kind === "other" ? "file" : kind;
}

/** The line that names a file that is shown: with its sign, what it is, and a way to keep it. */
export function showHead(figure, attachment) {
  const { name, url, kind } = attachment;
  const head = figure.querySelector(".media__head");
  showGlyph(head.querySelector(".glyph"), glyphOf(kind));
  showName(head.querySelector(".filename"), name);
  head.querySelector("small").textContent = factsOf(attachment);
  const link = head.querySelector("a");
  Object.assign(link, { href: `${url}?download`, download: name, title: "Download" });
  link.setAttribute("aria-label", `Download ${name}`);
}

/** "PNG image · 3.2 MB" */
export function factsOf({ kind, type, name, size, lines }) {
  const count = lines ? `${lines.toLocaleString()} ${lines === 1 ? "line" : "lines"}` : "";
  return [wordsOf(kind, type, name), count, formatSize(size)].filter(Boolean).join(" · ");
}

function wordsOf(kind, type, name) {
  if (Object.hasOwn(TYPES, type)) return TYPES[type];
  const ending = /\.([a-z0-9]{1,5})$/i.exec(name)?.[1].toUpperCase() ?? "";
  if (KINDS[kind]) return [ending, KINDS[kind]].filter(Boolean).join(" ");
  return ending ? `${ending} file` : "file";
}

/** What a file that is still here will probably be shown as. */
export function guessKind(type) {
  const [group] = type.split("/");
  if (Object.hasOwn(KINDS, group)) return group;
  return type === "application/pdf" ? "pdf" : "other";
}
