/** The lightbox: one picture of the conversation as large as the window, and by keys the ones before and after it. */

import { askForAlt } from "chatsite/elements/alt_dialog.js";
import { factsOf, showName } from "chatsite/elements/file_icon.js";
import { dayTimeLabel } from "chatsite/format/dates.js";

const SWIPE = 50; // pixels

let box = null;

/** `pictures`: [{attachment, sender, at, isOwn}], in order. `describe(attachment, alt)` stores one's own picture's text. */
export function showLightbox(pictures, id, describe) {
  box ??= new Lightbox(document.getElementById("lightbox"));
  box.open(pictures, pictures.findIndex(({ attachment }) => attachment.id === id), describe);
}

class Lightbox {
  #dialog;
  #image;
  #pictures = [];
  #at = 0;
  #describe;
  #touchedAt = 0;

  constructor(dialog) {
    this.#dialog = dialog;
    this.#image = dialog.querySelector("img");
    dialog.addEventListener("keydown", (event) => this.#key(event));
    dialog.addEventListener("click", ({ target }) => this.#click(target));
    dialog.addEventListener("touchstart", ({ touches }) => this.#touched(touches), { passive: true });
    dialog.addEventListener("touchend", ({ changedTouches }) => this.#swiped(changedTouches[0].clientX - this.#touchedAt));
    dialog.addEventListener("close", () => this.#closed());
    this.#image.addEventListener("error", () => this.#say("Couldn’t load this image."));
  }

  open(pictures, at, describe) {
    this.#pictures = pictures;
    this.#describe = describe;
    this.#dialog.showModal();
    this.#show(at);
  }

  /** The focus goes back by itself to where it was, unless that was drawn anew meanwhile. */
  #closed() {
    this.#image.removeAttribute("src");
    if (document.activeElement !== document.body) return;
    document.querySelector(`.thumbnail[data-image="${this.#pictures[this.#at].attachment.id}"]`)?.focus();
  }

  #show(at) {
    this.#at = Math.max(0, Math.min(at, this.#pictures.length - 1));
    const { attachment, sender, at: time, isOwn } = this.#pictures[this.#at];
    const { name, url, display, thumbnail, alt } = attachment;
    const find = (selector) => this.#dialog.querySelector(selector);
    this.#image.src = display ?? thumbnail;
    this.#image.alt = alt || name;
    showName(find(".filename"), name);
    find("small").textContent = [sender.name, dayTimeLabel(time), factsOf(attachment)].join(" · ");
    find(".lightbox__alt").textContent = alt;
    Object.assign(find("a"), { href: `${url}?download`, download: name });
    find('[data-action="describe"]').hidden = !isOwn;
    this.#turns();
    this.#say(`${this.#at + 1} of ${this.#pictures.length}: ${alt || name}`);
    for (const near of [this.#at + 1, this.#at - 1]) this.#fetch(this.#pictures[near]?.attachment);
  }

  /** Where there is no further one, its button is gone; the focus must not go with it. */
  #turns() {
    for (const [act, isThere] of [
      ["previous", this.#at > 0],
      ["next", this.#at < this.#pictures.length - 1],
    ]) {
      const button = this.#dialog.querySelector(`[data-action="${act}"]`);
      if (!isThere && button.contains(document.activeElement)) this.#dialog.querySelector('[data-action="close"]').focus();
      button.hidden = !isThere;
    }
  }

  get #isMirrored() {
    return getComputedStyle(this.#dialog).direction === "rtl";
  }

  /** Two fingers enlarge; and an enlarged picture is moved, not turned over. */
  #touched(touches) {
    this.#touchedAt = touches.length === 1 && visualViewport.scale === 1 ? touches[0].clientX : Number.NaN;
  }

  #swiped(way) {
    if (Math.abs(way) > SWIPE) this.#show(this.#at + (way < 0 !== this.#isMirrored ? 1 : -1));
  }

  #key(event) {
    const forward = this.#isMirrored ? "ArrowLeft" : "ArrowRight";
    if (event.key === forward) this.#show(this.#at + 1);
    else if (event.key === "ArrowLeft" || event.key === "ArrowRight") this.#show(this.#at - 1);
    else if (event.key === "Home") this.#show(0);
    else if (event.key === "End") this.#show(this.#pictures.length - 1);
    else return;
    event.preventDefault();
  }

  #click(target) {
    const act = target.closest("[data-action]")?.dataset.action;
    if (act === "next") this.#show(this.#at + 1);
    if (act === "previous") this.#show(this.#at - 1);
    if (act === "describe") this.#ask();
    // Beside the picture is outside of it.
    if (act === "close" || target.matches(".lightbox, .lightbox__stage")) this.#dialog.close();
  }

  async #ask() {
    const { attachment } = this.#pictures[this.#at];
    await askForAlt(attachment.alt, async (alt) => {
      await this.#describe(attachment, alt);
      attachment.alt = alt;
    });
    this.#show(this.#at);
  }

  #fetch(attachment) {
    if (attachment) new Image().src = attachment.display ?? attachment.thumbnail;
  }

  #say(words) {
    this.#dialog.querySelector("[role=status]").textContent = words;
  }
}
