/** The previews of a message's links: what their pages are about, with a small image. A link to an image shows a larger one. */

import { clone } from "chatsite/elements/templates.js";
import { gettext } from "chatsite/i18n.js";

// In pixels.
const MAX_IMAGE = { width: 400, height: 300 };
const WIDE = 1.3; // width to height: the image is not cropped to a square

const drawn = new WeakMap();

/** Does nothing if the same previews are already drawn, so that the focus stays in them. */
export function drawLinkPreviews(element, previews = []) {
  const key = JSON.stringify(previews);
  if (drawn.get(element) === key) return;
  drawn.set(element, key);
  element.hidden = !previews.length;
  element.replaceChildren(...previews.map(renderPreview));
}

function renderPreview({ id, url, title, site, description, image }) {
  const card = clone("link-preview");
  const find = (name) => card.querySelector(`.link-preview__${name}`);
  find("site").textContent = site;
  Object.assign(find("title"), { href: url, textContent: title || gettext("Image") });
  find("description").textContent = description;
  find("remove").dataset.preview = id;
  card.classList.toggle("is-image", !title);
  if (image) drawImage(find("picture"), url, image, !title);
  else find("picture").remove();
  return card;
}

/** Sets the image's final size before it has loaded, so that the messages below don't move. */
function drawImage(picture, url, { url: source, width, height }, isLarge) {
  const image = picture.firstElementChild;
  picture.href = url;
  picture.classList.toggle("is-wide", width / height >= WIDE);
  const scale = Math.min(1, MAX_IMAGE.width / width, MAX_IMAGE.height / height);
  if (isLarge) Object.assign(image, { width: Math.round(width * scale), height: Math.round(height * scale) });
  image.src = source;
  image.addEventListener("error", () => picture.remove(), { once: true });
}
