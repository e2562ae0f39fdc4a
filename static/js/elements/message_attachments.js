/** The attachments of a message: images, audio and video players, previews of texts and PDFs, and cards for other files. */

import { drawFileHeader, drawFileName, fileSummary, iconOf, setIcon } from "chatsite/elements/file_icon.js";
import { clone } from "chatsite/elements/templates.js";
import { textPreview } from "chatsite/elements/text_preview.js";
import { gettext } from "chatsite/i18n.js";

// In pixels.
const THUMBNAIL = { width: 800, height: 600 };
const MAX_SINGLE_IMAGE = { width: 400, height: 320 };
const MIN_TILE = 150;
const MAX_VIDEO = { width: 480, height: 320 };
const QUICKTIME = "video/quicktime";
const MIN_PAGE_RATIO = 4 / 3; // width to height: only the upper part of portrait pages is shown
const REDUCED_MOTION = matchMedia("(prefers-reduced-motion: reduce)");

const drawn = new WeakMap();

/** Does nothing if the same attachments are already drawn, so that media keep playing and previews stay expanded. */
export function showAttachments(element, attachments) {
  const key = JSON.stringify(attachments);
  if (drawn.get(element) === key) return;
  drawn.set(element, key);
  element.hidden = !attachments.length;
  element.replaceChildren(...groupImages(attachments).map(renderPart));
}

function fileCard(attachment) {
  const card = clone("file-card");
  const { name, url, kind } = attachment;
  Object.assign(card, { href: `${url}?download`, download: name });
  drawFileName(card.querySelector(".filename"), name);
  setIcon(card.querySelector(".glyph"), iconOf(kind));
  card.querySelector("small").textContent = fileSummary(attachment);
  return card;
}

/** Groups consecutive images in arrays. */
function groupImages(attachments) {
  const parts = [];
  for (const attachment of attachments) {
    if (isImage(attachment) && Array.isArray(parts.at(-1))) parts.at(-1).push(attachment);
    else parts.push(isImage(attachment) ? [attachment] : attachment);
  }
  return parts;
}

function isImage(attachment) {
  return attachment.kind === "image" && hasThumbnail(attachment);
}

function hasThumbnail({ thumbnail, width, height }) {
  return thumbnail && width && height;
}

function renderPart(attachment) {
  if (Array.isArray(attachment)) return imageGrid(attachment);
  const { kind, type, preview } = attachment;
  if (kind === "text" && preview) return textPreview(attachment);
  if ((kind === "audio" || kind === "video") && mayPlay(kind, type)) return mediaPlayer(attachment);
  if (kind === "pdf" && hasThumbnail(attachment)) return pdfPreview(attachment);
  return fileCard(attachment);
}

/** Browsers play QuickTime files with the codecs of MP4, although canPlayType denies it. */
function mayPlay(kind, type) {
  return document.createElement(kind).canPlayType(type === QUICKTIME ? "video/mp4" : type);
}

function imageGrid(attachments) {
  const grid = document.createElement("div");
  grid.className = `thumbnails${attachments.length > 1 ? " is-many" : ""}`;
  grid.append(...attachments.map((each) => imageButton(each, attachments.length > 1)));
  return grid;
}

/** Sets the image's final size before it has loaded, so that the messages below don't move. */
function imageButton(attachment, isOneOfMany) {
  const button = clone("file-image");
  const image = button.querySelector("img");
  const { id, name, alt, thumbnail, width, height } = attachment;
  const animated = animatedUrl(attachment);
  button.dataset.image = id;
  button.setAttribute("aria-label", gettext("Open image: %(description)s", { description: alt || name }));
  button.title = alt || name;
  if (isOneOfMany) button.classList.toggle("is-small", Math.min(width, height) < MIN_TILE);
  else Object.assign(image, fit({ width, height }, MAX_SINGLE_IMAGE));
  image.alt = "";
  image.src = animated && !REDUCED_MOTION.matches ? animated : thumbnail;
  const play = button.querySelector(".thumbnail__play");
  play.hidden = !animated || !REDUCED_MOTION.matches;
  if (!play.hidden) button.dataset.animated = animated;
  image.addEventListener("error", () => button.isConnected && !isOneOfMany && button.closest(".thumbnails").replaceWith(fileCard(attachment)));
  return button;
}

/** Images that are no larger than their thumbnail only have another rendition if they are animated. */
function animatedUrl({ type, display, width, height }) {
  const isSmall = width <= THUMBNAIL.width && height <= THUMBNAIL.height;
  return type === "image/gif" || isSmall ? display : null;
}

function mediaPlayer(attachment) {
  const figure = clone("file-media");
  const { kind, type, url, name, width, height } = attachment;
  const media = document.createElement(kind);
  const showCard = () => figure.replaceWith(fileCard(attachment));
  Object.assign(media, { controls: true, preload: "metadata", src: url, title: name });
  media.setAttribute("aria-label", name);
  if (kind === "video") Object.assign(media, { playsInline: true }, width && height ? fit({ width, height }, MAX_VIDEO) : MAX_VIDEO);
  media.addEventListener("error", showCard, { once: true });
  // If the browser can't decode a phone's HEVC video, it only plays the sound.
  media.addEventListener("loadedmetadata", () => type === QUICKTIME && !media.videoWidth && showCard(), { once: true });
  figure.classList.add(`is-${kind}`);
  figure.prepend(media);
  drawFileHeader(figure, attachment);
  return figure;
}

function pdfPreview(attachment) {
  const figure = clone("file-media");
  const { name, thumbnail, width, height } = attachment;
  const image = Object.assign(new Image(), { src: thumbnail, alt: gettext("First page of %(name)s", { name }) });
  image.style.aspectRatio = Math.max(width / height, MIN_PAGE_RATIO);
  image.addEventListener("error", () => figure.replaceWith(fileCard(attachment)), { once: true });
  figure.classList.add("is-pdf");
  figure.prepend(image);
  drawFileHeader(figure, attachment);
  return figure;
}

/** Scales down to fit into `max`, but never scales up. */
function fit({ width, height }, max) {
  const scale = Math.min(1, max.width / width, max.height / height);
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}
