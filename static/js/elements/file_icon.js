/** Common parts of a file's display: its icon, its shortened name, and a summary such as "PNG image · 3.2 MB". */

import { formatSize } from "chatsite/format/sizes.js";
import { gettext, ngettext } from "chatsite/i18n.js";

const MAX_EXTENSION = 12;
const MEDIA_KINDS = ["image", "video", "audio", "text"];

/** Writes the name into two elements. The first is truncated if it is too long, so that the extension stays visible. */
export function drawFileName(element, name) {
  const dot = name.lastIndexOf(".");
  const at = dot > 0 && name.length - dot <= MAX_EXTENSION ? dot : name.length;
  const [stem, extension] = element.children;
  stem.textContent = name.slice(0, at);
  extension.textContent = name.slice(at);
  element.title = name;
}

/** Changes the icon shown by a .glyph element. */
export function setIcon(glyph, name) {
  const use = glyph.querySelector("use");
  use.setAttribute("href", use.getAttribute("href").replace(/#.*$/, `#${name}`));
}

export function iconOf(kind) {
  return kind === "other" ? "file" : kind;
}

/** Fills the line above or below a displayed attachment with its icon, name, summary and download link. */
export function drawFileHeader(figure, attachment) {
  const { name, url, kind } = attachment;
  const header = figure.querySelector(".media__head");
  setIcon(header.querySelector(".glyph"), iconOf(kind));
  drawFileName(header.querySelector(".filename"), name);
  header.querySelector("small").textContent = fileSummary(attachment);
  const link = header.querySelector("a");
  Object.assign(link, { href: `${url}?download`, download: name, title: gettext("Download") });
  link.setAttribute("aria-label", gettext("Download %(name)s", { name }));
}

/** Returns a summary such as "PNG image · 3.2 MB". */
export function fileSummary({ kind, type, name, size, lines }) {
  const lineCount = lines ? ngettext("%(count)s line", "%(count)s lines", lines) : "";
  return [typeLabel(kind, type, name), lineCount, formatSize(size)].filter(Boolean).join(" · ");
}

/** Returns the kind that the server will probably detect. */
export function guessKind(type) {
  const [group] = type.split("/");
  if (MEDIA_KINDS.includes(group)) return group;
  return type === "application/pdf" ? "pdf" : "other";
}

function typeLabel(kind, type, name) {
  const known = {
    "application/pdf": () => gettext("PDF"),
    "application/zip": () => gettext("ZIP archive"),
    "application/gzip": () => gettext("Compressed file"),
    "application/x-7z-compressed": () => gettext("7z archive"),
    "application/x-tar": () => gettext("TAR archive"),
  };
  if (Object.hasOwn(known, type)) return known[type]();
  const extension = /\.([a-z0-9]{1,5})$/i.exec(name)?.[1].toUpperCase() ?? "";
  if (kind === "image") return extension ? gettext("%(extension)s image", { extension }) : gettext("Image");
  if (kind === "video") return extension ? gettext("%(extension)s video", { extension }) : gettext("Video");
  if (kind === "audio") return extension ? gettext("%(extension)s audio", { extension }) : gettext("Audio");
  if (kind === "text") return extension ? gettext("%(extension)s text", { extension }) : gettext("Text");
  return extension ? gettext("%(extension)s file", { extension }) : gettext("File");
}
