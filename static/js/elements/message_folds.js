/** Cuts off long messages. A button shows them in full. */

import { gettext } from "chatsite/i18n.js";

const MAX_HEIGHT = 36; // in rem; what is a little higher than a folded message (see message.css) is not worth folding

export class MessageFolds {
  #list;
  #keepPlace;
  #changed = new Set();
  /** The ids of the messages that are shown in full, which remain so when they are drawn again. */
  #unfolded = new Set();

  /** `keepPlace(element, change)` calls `change()` and keeps the element where it is in the view. */
  constructor({ list, keepPlace }) {
    this.#list = list;
    this.#keepPlace = keepPlace;
    list.addEventListener("click", ({ target }) => {
      const button = target.closest(".msg__fold");
      if (button) this.#toggle(button.closest(".msg"), button);
    });
    list.addEventListener("focusin", ({ target }) => this.#showFocused(target));
  }

  /** Adds a message whose text or width may have changed since it was measured. */
  add(element) {
    this.#changed.add(element);
  }

  /** Adds all messages, because the log has another width. */
  addAll() {
    for (const element of this.#list.querySelectorAll(".msg")) this.add(element);
  }

  /** Measures all added messages at once, because measuring between changes costs a layout each time. */
  measure() {
    if (!this.#changed.size) return;
    const elements = [...this.#changed].filter((element) => element.isConnected);
    this.#changed.clear();
    for (const element of elements) {
      if (element.contains(document.activeElement) && !isFolded(element)) this.#markUnfolded(element);
      element.classList.remove("is-folded");
    }
    const limit = MAX_HEIGHT * parseFloat(getComputedStyle(document.documentElement).fontSize);
    const areLong = elements.map((element) => bodyOf(element).offsetHeight > limit);
    elements.forEach((element, index) => this.#draw(element, areLong[index]));
  }

  /** Shows a message in full. */
  unfold(element) {
    this.#markUnfolded(element);
    if (isFolded(element)) this.#draw(element, true);
  }

  #toggle(element, button) {
    if (isFolded(element)) return this.#keepPlace(element, () => this.unfold(element));
    this.#unfolded.delete(element.dataset.id);
    element.classList.remove("is-unfolded");
    this.#keepPlace(button, () => this.#draw(element, true));
  }

  /** The focus may move to a link that is cut off. */
  #showFocused(target) {
    const element = target.closest(".msg.is-folded");
    if (!element || !bodyOf(element).contains(target)) return;
    if (target.getBoundingClientRect().bottom <= bodyOf(element).getBoundingClientRect().bottom) return;
    this.#keepPlace(element, () => this.unfold(element));
    target.scrollIntoView({ block: "nearest" });
  }

  /** The class marks messages that have no id yet. */
  #markUnfolded(element) {
    element.classList.add("is-unfolded");
    if (element.dataset.id) this.#unfolded.add(element.dataset.id);
  }

  #draw(element, isLong) {
    const isWhole = element.classList.contains("is-unfolded") || this.#unfolded.has(element.dataset.id);
    element.classList.toggle("is-folded", isLong && !isWhole);
    const button = element.querySelector(".msg__fold");
    button.hidden = !isLong;
    button.ariaExpanded = String(isWhole);
    button.textContent = isWhole ? gettext("Show less") : gettext("Show more");
  }
}

function isFolded(element) {
  return element.classList.contains("is-folded");
}

function bodyOf(element) {
  return element.querySelector(".msg__body");
}
