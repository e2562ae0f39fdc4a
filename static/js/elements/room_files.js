/** The dialog with all files of a room, newest first, filtered by kind, user and name. */

import { drawFileName, fileSummary, iconOf, setIcon } from "chatsite/elements/file_icon.js";
import { clone } from "chatsite/elements/templates.js";
import { dayTimeLabel } from "chatsite/format/dates.js";
import { roomPath } from "chatsite/format/paths.js";
import { gettext } from "chatsite/i18n.js";
import { getJson } from "chatsite/net/http.js";

const TYPING_DELAY = 250;

let dialog = null;

/** `room`: {id, title}. `people`: the users initially offered as filters. `openImage(files, id)` is called for images. */
export function showRoomFiles(room, people, openImage) {
  dialog ??= new RoomFiles(document.getElementById("room-files"));
  dialog.show(room, people, openImage);
}

class RoomFiles {
  #dialog;
  #form;
  #list;
  #moreButton;
  #room;
  #openImage;
  #files = [];
  /** The position of the next page: "" for the first, or null after the last or while a page is being loaded. */
  #next = null;
  #hasFailed = false;
  #search = 0;
  #timer;

  constructor(dialog) {
    this.#dialog = dialog;
    this.#form = dialog.querySelector("form");
    this.#list = dialog.querySelector(".room-files__items");
    this.#moreButton = dialog.querySelector('[data-action="more"]');
    this.#form.addEventListener("submit", (event) => event.preventDefault());
    this.#form.addEventListener("change", () => this.#startSearch());
    this.#form.addEventListener("input", () => {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#startSearch(), TYPING_DELAY);
    });
    dialog.addEventListener("click", (event) => this.#handleClick(event));
    new IntersectionObserver(([{ isIntersecting }]) => isIntersecting && !this.#hasFailed && this.#loadPage(), {
      root: dialog.querySelector(".room-files__list"),
      rootMargin: "400px",
    }).observe(this.#moreButton);
  }

  show(room, people, openImage) {
    this.#room = room;
    this.#openImage = openImage;
    this.#dialog.querySelector("h2 bdi").textContent = room.title;
    this.#form.reset();
    const select = this.#form.elements.person;
    select.replaceChildren(select.options[0]);
    for (const person of people) this.#addPerson(person);
    this.#dialog.showModal();
    this.#startSearch();
  }

  #startSearch() {
    clearTimeout(this.#timer);
    this.#search += 1;
    this.#files = [];
    this.#next = "";
    this.#list.replaceChildren();
    this.#loadPage();
  }

  /** Discards the response if another search has been started. */
  async #loadPage() {
    if (this.#next === null) return;
    const search = this.#search;
    const query = new URLSearchParams(new FormData(this.#form));
    if (this.#next) query.set("before", this.#next);
    this.#next = null;
    this.#hasFailed = false;
    if (!this.#files.length) this.#showStatus(gettext("Loading…"));
    this.#moreButton.hidden = true;
    try {
      const { files, next } = await getJson(`/rooms/${this.#room.id}/files/?${query}`);
      if (search !== this.#search) return;
      this.#addFiles(files);
      this.#offerMore(next, gettext("Load more"));
    } catch (error) {
      if (search !== this.#search) return;
      this.#hasFailed = true; // from now on, only the button retries
      this.#showStatus(gettext("Couldn’t load files. %(reason)s", { reason: error.message }));
      this.#offerMore(query.get("before") ?? "", gettext("Retry"));
    }
  }

  #offerMore(next, label) {
    this.#next = next;
    this.#moreButton.textContent = label;
    this.#moreButton.hidden = next === null;
  }

  #addFiles(files) {
    this.#files.push(...files);
    this.#list.append(...files.map((file) => this.#row(file)));
    for (const { sender } of files) this.#addPerson(sender);
    const isFiltered = [...new FormData(this.#form).values()].some(Boolean);
    const emptyText = isFiltered ? gettext("No matching files.") : gettext("No files shared yet.");
    this.#showStatus(this.#files.length ? "" : emptyText);
  }

  #row(file) {
    const { id, name, url, kind, thumbnail, alt, sender, at, seq } = file;
    const row = clone("room-file");
    const [icon, title, jump] = row.querySelectorAll("a");
    for (const link of [icon, title]) Object.assign(link, { href: `${url}?download`, download: name });
    Object.assign(icon, { tabIndex: -1, ariaHidden: "true" });
    setIcon(icon.querySelector(".glyph"), iconOf(kind));
    if (thumbnail) icon.replaceChildren(Object.assign(new Image(), { alt: "", loading: "lazy", src: thumbnail }));
    if (kind === "image" && thumbnail) row.dataset.image = id;
    drawFileName(title, name);
    if (alt) title.title = gettext("%(name)s: %(description)s", { name, description: alt });
    row.querySelector("bdi").textContent = sender.name;
    row.querySelector("small > span").textContent = `${dayTimeLabel(at)} · ${fileSummary(file)}`;
    jump.href = roomPath(this.#room.id, seq);
    return row;
  }

  #addPerson({ id, name }) {
    const select = this.#form.elements.person;
    if (![...select.options].some(({ value }) => value === String(id))) select.add(new Option(name, id));
  }

  #handleClick(event) {
    const { target } = event;
    const action = target.closest("[data-action]")?.dataset.action;
    if (action === "more") this.#loadPage();
    if (action === "close" || target === this.#dialog || target.closest(".file-row__jump")) this.#dialog.close();
    const row = target.closest(".file-row__icon, .filename")?.closest("[data-image]");
    if (!row || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    this.#openImage(this.#files, row.dataset.image);
  }

  #showStatus(text) {
    this.#dialog.querySelector(".room-files__status").textContent = text;
  }
}
