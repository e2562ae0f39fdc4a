/** The emoji picker: a dialog beside a button, or a sheet at the bottom of narrow windows. Loaded when it is first used. */

import { EmojiGrid } from "chatsite/elements/emoji_grid.js";
import { isDrawable } from "chatsite/elements/emoji_support.js";
import { placeBeside } from "chatsite/elements/placement.js";
import { gettext, ngettext } from "chatsite/i18n.js";
import { ALL_EMOJI, entryOfEmoji, findEmoji, withTone } from "chatsite/model/emoji.js";
import { frequentEmoji, noteEmoji, setSkinTone, skinTone } from "chatsite/store/frequent_emoji.js";

const NARROW = matchMedia("(width < 48rem)");
const TOUCH = matchMedia("(pointer: coarse)");
const MAX_FREQUENT = 18;
const FREQUENT = "frequent";
const PRINTABLE = /^\S$/u;

let picker;

/**
 * Lets the user pick an emoji. Resolves with its fully qualified text, in the chosen skin tone, or null if the picker was closed
 * without a choice. The focus is then back where it was.
 *
 * `anchor` is the element beside which the picker opens, such as the button that was clicked. `label` is the picker's name for screen
 * readers, such as "Add reaction". The choice counts as a use of the emoji (see store/frequent_emoji.js).
 */
export function pickEmoji({ anchor, label }) {
  picker ??= new EmojiPicker();
  return picker.open(anchor, label);
}

class EmojiPicker {
  #dialog = createDialog();
  #input = this.#dialog.querySelector("input");
  #groups = this.#dialog.querySelector("[role=toolbar]");
  #preview = this.#dialog.querySelector(".emoji-picker__preview");
  #status = this.#dialog.querySelector("[role=status]");
  #tones = this.#dialog.querySelector("fieldset");
  #gridElement = this.#dialog.querySelector("[role=grid]");
  #grid = new EmojiGrid(this.#gridElement);
  #choice = null;

  constructor() {
    document.body.append(this.#dialog);
    this.#groups.append(...groupTitles().map(createGroupButton));
    this.#input.addEventListener("input", () => this.#show());
    this.#dialog.addEventListener("keydown", (event) => this.#handleKey(event));
    this.#dialog.addEventListener("click", ({ target }) => target === this.#dialog && this.#dialog.close());
    this.#groups.addEventListener("click", ({ target }) => this.#showGroup(target.closest("button")?.value));
    this.#tones.addEventListener("change", ({ target }) => this.#changeTone(Number(target.value)));
    this.#gridElement.addEventListener("emoji-choose", ({ detail }) => this.#choose(detail.item));
    this.#gridElement.addEventListener("emoji-hover", ({ detail }) => this.#drawPreview(detail.item));
    this.#gridElement.addEventListener("scroll", () => this.#markGroup(), { passive: true });
  }

  open(anchor, label) {
    if (this.#dialog.open) this.#dialog.close();
    this.#choice = null;
    this.#input.value = "";
    this.#dialog.setAttribute("aria-label", label);
    this.#tones.querySelector(`[value="${skinTone()}"]`).checked = true;
    this.#dialog.style.inset = "";
    this.#dialog.showModal();
    if (!NARROW.matches) placeBeside(this.#dialog, anchor, { fromEnd: isInSecondHalf(anchor) });
    this.#show();
    (TOUCH.matches ? this.#dialog : this.#input).focus(); // on touch, the keyboard would cover the emoji
    return new Promise((resolve) => {
      this.#dialog.addEventListener("close", () => resolve(this.#choice), { once: true });
    });
  }

  #show() {
    const query = this.#input.value.trim();
    const found = query ? findEmoji(query, { preferred: frequentEmoji(MAX_FREQUENT) }).filter(isDrawable) : [];
    const results = [{ key: "results", title: gettext("Search results"), items: found.map(itemOf) }];
    this.#grid.show(query ? results.filter(({ items }) => items.length) : allSections());
    this.#groups.hidden = Boolean(query);
    this.#status.textContent = query ? countText(found.length) : "";
    this.#status.classList.toggle("sr-only", !query || found.length > 0);
    this.#drawPreview(query ? this.#grid.firstItem : null);
    this.#markGroup();
  }

  #handleKey(event) {
    const isInput = event.target === this.#input;
    if (isInput && event.key === "Enter") this.#choose(this.#input.value.trim() ? this.#grid.firstItem : null);
    else if (isInput && event.key === "ArrowDown") this.#grid.focus();
    else if (this.#groups.contains(event.target)) return this.#handleGroupKey(event);
    else return this.#typeAnywhere(event);
    event.preventDefault();
  }

  /** Moves the focus to the search field when the user starts to type. */
  #typeAnywhere(event) {
    const { key, ctrlKey, metaKey, altKey, target } = event;
    if (target !== this.#input && PRINTABLE.test(key) && !ctrlKey && !metaKey && !altKey) this.#input.focus();
  }

  /** One button is a tab stop, and the arrow keys move between them. */
  #handleGroupKey(event) {
    const buttons = [...this.#groups.children];
    const index = buttons.indexOf(event.target);
    const forward = getComputedStyle(this.#dialog).direction === "rtl" ? -1 : 1;
    const targets = { ArrowRight: index + forward, ArrowLeft: index - forward, Home: 0, End: buttons.length - 1 };
    if (event.key === "ArrowDown") this.#grid.focus();
    else if (event.key in targets) buttons.at(targets[event.key] % buttons.length).focus();
    else return this.#typeAnywhere(event);
    event.preventDefault();
  }

  #showGroup(key) {
    if (key) this.#grid.scrollTo(key);
  }

  #markGroup() {
    const { currentKey } = this.#grid;
    const current = [...this.#groups.children].find(({ value }) => value === currentKey) ?? this.#groups.firstElementChild;
    for (const button of this.#groups.children) {
      button.setAttribute("aria-current", String(button === current));
      button.tabIndex = button === current ? 0 : -1;
    }
  }

  #changeTone(tone) {
    setSkinTone(tone);
    const top = this.#gridElement.scrollTop;
    this.#show();
    this.#gridElement.scrollTop = top;
  }

  #choose(item) {
    if (!item) return;
    noteEmoji(item.emoji);
    this.#choice = item.emoji;
    this.#dialog.close();
  }

  #drawPreview(item) {
    const [emoji, name] = this.#preview.children;
    emoji.textContent = item?.emoji ?? "";
    name.textContent = item ? `${item.name} ${item.title}` : "";
  }
}

/** Returns whether an element is in the second half of the window, in the direction of writing. */
function isInSecondHalf(element) {
  const { left, right } = element.getBoundingClientRect();
  return (left + right > innerWidth) === (getComputedStyle(element).direction !== "rtl");
}

function groupTitles() {
  return [
    [FREQUENT, "🕘", gettext("Frequently used")],
    ["smileys-emotion", "😀", gettext("Smileys and emotion")],
    ["people-body", "👋", gettext("People and body")],
    ["animals-nature", "🐻", gettext("Animals and nature")],
    ["food-drink", "🍎", gettext("Food and drink")],
    ["travel-places", "🚗", gettext("Travel and places")],
    ["activities", "⚽", gettext("Activities")],
    ["objects", "💡", gettext("Objects")],
    ["symbols", "🔣", gettext("Symbols")],
    ["flags", "🏁", gettext("Flags")],
  ];
}

function allSections() {
  const frequent = frequentEmoji(MAX_FREQUENT).map((emoji) => ({ ...entryOfEmoji(emoji), emoji, toned: 0 }));
  const byGroup = { ...Object.groupBy(ALL_EMOJI, ({ group }) => group), [FREQUENT]: frequent };
  return groupTitles().map(([key, , title]) => ({ key, title, items: byGroup[key].filter(isDrawable).map(itemOf) }));
}

function itemOf(entry) {
  return { emoji: withTone(entry, skinTone()), name: entry.name, title: `:${entry.codes[0]}:` };
}

function countText(count) {
  return count ? ngettext("%(count)s emoji found", "%(count)s emoji found", count) : gettext("No emoji found");
}

function toneNames() {
  return [
    gettext("No skin tone"),
    gettext("Light skin tone"),
    gettext("Medium-light skin tone"),
    gettext("Medium skin tone"),
    gettext("Medium-dark skin tone"),
    gettext("Dark skin tone"),
  ];
}

function createGroupButton([value, icon, label]) {
  const button = Object.assign(document.createElement("button"), { type: "button", value, title: label, textContent: icon });
  button.setAttribute("aria-label", label);
  return button;
}

function createDialog() {
  const dialog = element("dialog", { className: "emoji-picker", tabIndex: -1, autofocus: true });
  dialog.dataset.ofRoom = "";
  const input = element("input", { autocomplete: "off", enterKeyHint: "done", placeholder: gettext("Search emoji"), spellcheck: false });
  const groups = element("div", { className: "emoji-picker__groups", role: "toolbar" });
  const status = element("p", { className: "emoji-picker__status sr-only", role: "status" });
  const grid = element("div", { className: "emoji-grid", role: "grid", id: "emoji-grid" });
  const foot = element("div", { className: "emoji-picker__foot" });
  for (const [each, label] of [[input, gettext("Search emoji")], [groups, gettext("Groups")], [grid, gettext("Emoji")]]) {
    each.setAttribute("aria-label", label);
  }
  input.setAttribute("aria-controls", grid.id);
  foot.append(createPreview(), createTones());
  dialog.append(input, groups, status, grid, foot);
  return dialog;
}

/** Screen readers get the name from the emoji itself. */
function createPreview() {
  const preview = element("p", { className: "emoji-picker__preview", ariaHidden: "true" });
  preview.append(element("span"), element("span", { dir: "auto" }));
  return preview;
}

function createTones() {
  const tones = element("fieldset", { className: "emoji-picker__tones" });
  tones.append(element("legend", { className: "sr-only", textContent: gettext("Skin tone") }));
  const hand = entryOfEmoji("✋");
  for (const [value, name] of toneNames().entries()) {
    const radio = element("input", { type: "radio", name: "skin-tone", value, ariaLabel: name });
    const label = element("label", { title: name });
    label.append(radio, element("span", { textContent: withTone(hand, value), ariaHidden: "true" }));
    tones.append(label);
  }
  return tones;
}

function element(tag, properties = {}) {
  return Object.assign(document.createElement(tag), properties);
}
