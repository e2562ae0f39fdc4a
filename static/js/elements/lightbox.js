/** The lightbox, which shows an image of the conversation as large as the window. Keys and swipes show the others. */

import { askForAlt } from "chatsite/elements/alt_dialog.js";
import { drawFileName, fileSummary } from "chatsite/elements/file_icon.js";
import { dayTimeLabel } from "chatsite/format/dates.js";
import { formatNumber, gettext } from "chatsite/i18n.js";

const MIN_SWIPE = 50; // pixels

let lightbox = null;

/** `images`: [{attachment, sender, at, isOwn}], in order. `saveAlt(attachment, alt)` stores the alt text of one's own image. */
export function showLightbox(images, id, saveAlt) {
  lightbox ??= new Lightbox(document.getElementById("lightbox"));
  lightbox.open(images, images.findIndex(({ attachment }) => attachment.id === id), saveAlt);
}

class Lightbox {
  #dialog;
  #image;
  #images = [];
  #index = 0;
  #saveAlt;
  #touchStart = 0;

  constructor(dialog) {
    this.#dialog = dialog;
    this.#image = dialog.querySelector("img");
    dialog.addEventListener("keydown", (event) => this.#handleKey(event));
    dialog.addEventListener("click", ({ target }) => this.#handleClick(target));
    dialog.addEventListener("touchstart", ({ touches }) => this.#startSwipe(touches), { passive: true });
    dialog.addEventListener("touchend", ({ changedTouches }) => this.#endSwipe(changedTouches[0].clientX - this.#touchStart));
    dialog.addEventListener("close", () => this.#restoreFocus());
    this.#image.addEventListener("error", () => this.#announce(gettext("Couldn’t load this image.")));
  }

  open(images, index, saveAlt) {
    this.#images = images;
    this.#saveAlt = saveAlt;
    this.#dialog.showModal();
    this.#show(index);
  }

  /** Focuses the thumbnail if it has been redrawn. Otherwise, the browser restores the focus. */
  #restoreFocus() {
    this.#image.removeAttribute("src");
    if (document.activeElement !== document.body) return;
    document.querySelector(`.thumbnail[data-image="${this.#images[this.#index].attachment.id}"]`)?.focus();
  }

  #show(index) {
    this.#index = Math.max(0, Math.min(index, this.#images.length - 1));
    const { attachment, sender, at, isOwn } = this.#images[this.#index];
    const { name, url, display, thumbnail, alt } = attachment;
    const find = (selector) => this.#dialog.querySelector(selector);
    this.#image.src = display ?? thumbnail;
    this.#image.alt = alt || name;
    drawFileName(find(".filename"), name);
    find("small").textContent = [sender.name, dayTimeLabel(at), fileSummary(attachment)].join(" · ");
    find(".lightbox__alt").textContent = alt;
    Object.assign(find("a"), { href: `${url}?download`, download: name });
    find('[data-action="describe"]').hidden = !isOwn;
    this.#updateButtons();
    const position = { number: formatNumber(this.#index + 1), total: formatNumber(this.#images.length), description: alt || name };
    this.#announce(gettext("%(number)s of %(total)s: %(description)s", position));
    for (const neighbor of [this.#index + 1, this.#index - 1]) this.#prefetch(this.#images[neighbor]?.attachment);
  }

  /** Hides the buttons that lead nowhere, without losing the focus. */
  #updateButtons() {
    for (const [action, isPossible] of [
      ["previous", this.#index > 0],
      ["next", this.#index < this.#images.length - 1],
    ]) {
      const button = this.#dialog.querySelector(`[data-action="${action}"]`);
      if (!isPossible && button.contains(document.activeElement)) this.#dialog.querySelector('[data-action="close"]').focus();
      button.hidden = !isPossible;
    }
  }

  get #isMirrored() {
    return getComputedStyle(this.#dialog).direction === "rtl";
  }

  /** Zooming with two fingers, or moving a zoomed image with one, isn't a swipe. */
  #startSwipe(touches) {
    this.#touchStart = touches.length === 1 && visualViewport.scale === 1 ? touches[0].clientX : Number.NaN;
  }

  #endSwipe(distance) {
    if (Math.abs(distance) > MIN_SWIPE) this.#show(this.#index + (distance < 0 !== this.#isMirrored ? 1 : -1));
  }

  #handleKey(event) {
    const forward = this.#isMirrored ? "ArrowLeft" : "ArrowRight";
    if (event.key === forward) this.#show(this.#index + 1);
    else if (event.key === "ArrowLeft" || event.key === "ArrowRight") this.#show(this.#index - 1);
    else if (event.key === "Home") this.#show(0);
    else if (event.key === "End") this.#show(this.#images.length - 1);
    else return;
    event.preventDefault();
  }

  #handleClick(target) {
    const action = target.closest("[data-action]")?.dataset.action;
    if (action === "next") this.#show(this.#index + 1);
    if (action === "previous") this.#show(this.#index - 1);
    if (action === "describe") this.#editAlt();
    if (action === "close" || target.matches(".lightbox, .lightbox__stage")) this.#dialog.close();
  }

  async #editAlt() {
    const { attachment } = this.#images[this.#index];
    await askForAlt(attachment.alt, async (alt) => {
      await this.#saveAlt(attachment, alt);
      attachment.alt = alt;
    });
    this.#show(this.#index);
  }

  #prefetch(attachment) {
    if (attachment) new Image().src = attachment.display ?? attachment.thumbnail;
  }

  #announce(text) {
    this.#dialog.querySelector("[role=status]").textContent = text;
  }
}
