/** The files of a message: pictures, players, the beginning of texts, and a card for everything else. */

import { textSheet } from "chatsite/elements/text_preview.js";
import { factsOf, glyphOf, showGlyph, showHead, showName } from "chatsite/elements/file_icon.js";
import { clone } from "chatsite/elements/templates.js";

const THUMBNAIL = { width: 800, height: 600 };
const ALONE = { width: 400, height: 320 };
const SMALL = 150; // pixels: too few to fill a place in the grid
const VIDEO = { width: 480, height: 320 };
const PAGE = 4 / 3; // width to height: of one that stands upright the upper part is shown
const STILL = matchMedia("(prefers-reduced-motion: reduce)");

const drawn = new WeakMap();

/** Draws them, unless the same are drawn already: what plays or is unfolded goes on. */
export function showAttachments(place, attachments) {
  const look = JSON.stringify(attachments);
  if (drawn.get(place) === look) return;
  drawn.set(place, look);
  place.hidden = !attachments.length;
  place.replaceChildren(...runs(attachments).map(part));
}

/** A card of nothing but what it is. */
export function fileCard(attachment) {
  const card = clone("file-card");
  const { name, url, kind } = attachment;
  Object.assign(card, { href: `${url}?download`, download: name });
  showName(card.querySelector(".filename"), name);
  showGlyph(card.querySelector(".glyph"), glyphOf(kind));
  card.querySelector("small").textContent = factsOf(attachment);
  return card;
}

/** Pictures that follow one another stand together. */
function runs(attachments) {
  const found = [];
  for (const attachment of attachments) {
    if (isPicture(attachment) && Array.isArray(found.at(-1))) found.at(-1).push(attachment);
    else found.push(isPicture(attachment) ? [attachment] : attachment);
  }
  return found;
}

function isPicture(attachment) {
  return attachment.kind === "image" && isDrawn(attachment);
}

function isDrawn({ thumbnail, width, height }) {
  return thumbnail && width && height;
}

function part(attachment) {
  if (Array.isArray(attachment)) return pictures(attachment);
  const { kind, type, preview } = attachment;
  if (kind === "text" && preview) return textSheet(attachment);
  if ((kind === "audio" || kind === "video") && document.createElement(kind).canPlayType(type)) return player(attachment);
  if (kind === "pdf" && isDrawn(attachment)) return firstPage(attachment);
  return fileCard(attachment);
}

function pictures(attachments) {
  const grid = document.createElement("div");
  grid.className = `thumbnails${attachments.length > 1 ? " is-many" : ""}`;
  grid.append(...attachments.map((each) => shot(each, attachments.length > 1)));
  return grid;
}

/** Its place is as large before it has loaded as after. */
function shot(attachment, isOneOfMany) {
  const button = clone("file-picture");
  const image = button.querySelector("img");
  const { id, name, alt, thumbnail, width, height } = attachment;
  const moving = movingPart(attachment);
  button.dataset.image = id;
  button.setAttribute("aria-label", `Open image: ${alt || name}`);
  button.title = alt || name;
  if (isOneOfMany) button.classList.toggle("is-small", Math.min(width, height) < SMALL);
  else Object.assign(image, fitted({ width, height }, ALONE));
  image.alt = "";
  image.src = moving && !STILL.matches ? moving : thumbnail;
  const play = button.querySelector(".thumbnail__play");
  play.hidden = !moving || !STILL.matches;
  if (!play.hidden) button.dataset.animated = moving;
  image.addEventListener("error", () => button.isConnected && !isOneOfMany && button.closest(".thumbnails").replaceWith(fileCard(attachment)));
  return button;
}

/** Where the thumbnail shows all of it, there is another rendition only because that moves. */
function movingPart({ type, display, width, height }) {
  const isSmall = width <= THUMBNAIL.width && height <= THUMBNAIL.height;
  return type === "image/gif" || isSmall ? display : null;
}

function player(attachment) {
  const figure = clone("file-media");
  const { kind, url, name, width, height } = attachment;
  const media = document.createElement(kind);
  Object.assign(media, { controls: true, preload: "metadata", src: url, title: name });
  media.setAttribute("aria-label", name);
  if (kind === "video") Object.assign(media, { playsInline: true }, width && height ? fitted({ width, height }, VIDEO) : VIDEO);
  media.addEventListener("error", () => figure.replaceWith(fileCard(attachment)), { once: true });
  figure.classList.add(`is-${kind}`);
  figure.prepend(media);
  showHead(figure, attachment);
  return figure;
}

function firstPage(attachment) {
  const figure = clone("file-media");
  const { name, thumbnail, width, height } = attachment;
  const image = Object.assign(document.createElement("img"), { src: thumbnail, alt: `First page of ${name}` });
  image.style.aspectRatio = Math.max(width / height, PAGE);
  image.addEventListener("error", () => figure.replaceWith(fileCard(attachment)), { once: true });
  figure.classList.add("is-pdf");
  figure.prepend(image);
  showHead(figure, attachment);
  return figure;
}

/** As large as it fits, and no larger than it is. */
function fitted({ width, height }, most) {
  const scale = Math.min(1, most.width / width, most.height / height);
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}
