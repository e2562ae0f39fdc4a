/** The dialog with all files of a room: newest first, by kind, by person, by name. */

import { factsOf, glyphOf, showGlyph, showName } from "chatsite/elements/file_icon.js";
import { clone } from "chatsite/elements/templates.js";
import { dayTimeLabel } from "chatsite/format/dates.js";
import { getJson } from "chatsite/net/http.js";
import { roomPath } from "chatsite/format/paths.js";

const TYPING = 250;

let finder = null;

/** `room`: {id, title}; `people`: those whom one can ask for, before others are met in the list. `open(files, id)` shows a picture. */
export function showRoomFiles(room, people, open) {
  finder ??= new Finder(document.getElementById("room-files"));
  finder.show(room, people, open);
}

class Finder {
  #dialog;
  #form;
  #list;
  #more;
  #room;
  #open;
  #files = [];
  /** From where on there is more: "" at the beginning, null at the end. */
  #next = null;
  #hasFailed = false;
  #turn = 0;
  #timer;

  constructor(dialog) {
    this.#dialog = dialog;
    this.#form = dialog.querySelector("form");
    this.#list = dialog.querySelector(".room-files__items");
    this.#more = dialog.querySelector('[data-action="more"]');
    this.#form.addEventListener("submit", (event) => event.preventDefault());
    this.#form.addEventListener("change", () => this.#begin());
    this.#form.addEventListener("input", () => {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#begin(), TYPING);
    });
    dialog.addEventListener("click", (event) => this.#click(event));
    new IntersectionObserver(([{ isIntersecting }]) => isIntersecting && !this.#hasFailed && this.#read(), {
      root: dialog.querySelector(".room-files__list"),
      rootMargin: "400px",
    }).observe(this.#more);
  }

  show(room, people, open) {
    this.#room = room;
    this.#open = open;
    this.#dialog.querySelector("h2 bdi").textContent = room.title;
    this.#form.reset();
    const select = this.#form.elements.person;
    select.replaceChildren(select.options[0]);
    for (const person of people) this.#addPerson(person);
    this.#dialog.showModal();
    this.#begin();
  }

  #begin() {
    clearTimeout(this.#timer);
    this.#turn += 1;
    this.#files = [];
    this.#next = "";
    this.#list.replaceChildren();
    this.#read();
  }

  /** The next page; an answer to what is no longer asked is dropped. */
  async #read() {
    if (this.#next === null) return;
    const turn = this.#turn;
    const query = new URLSearchParams(new FormData(this.#form));
    if (this.#next) query.set("before", this.#next);
    this.#next = null;
    this.#hasFailed = false;
    if (!this.#files.length) this.#say("Loading…");
    this.#more.hidden = true;
    try {
      const { files, next } = await getJson(`/rooms/${this.#room.id}/files/?${query}`);
      if (turn !== this.#turn) return;
      this.#add(files);
      this.#offerMore(next, "Load more");
    } catch (error) {
      if (turn !== this.#turn) return;
      this.#hasFailed = true; // and is not tried again before somebody asks for it
      this.#say(`Couldn’t load files. ${error.message}`);
      this.#offerMore(query.get("before") ?? "", "Retry");
    }
  }

  #offerMore(next, words) {
    this.#next = next;
    this.#more.textContent = words;
    this.#more.hidden = next === null;
  }

  #add(files) {
    this.#files.push(...files);
    this.#list.append(...files.map((file) => this.#row(file)));
    for (const { sender } of files) this.#addPerson(sender);
    const isAsked = [...new FormData(this.#form).values()].some(Boolean);
    this.#say(this.#files.length ? "" : isAsked ? "No matching files." : "No files shared yet.");
  }

  #row(file) {
    const { id, name, url, kind, thumbnail, alt, sender, at, seq } = file;
    const row = clone("room-file");
    const [look, title, place] = row.querySelectorAll("a");
    for (const link of [look, title]) Object.assign(link, { href: `${url}?download`, download: name });
    Object.assign(look, { tabIndex: -1, ariaHidden: "true" });
    showGlyph(look.querySelector(".glyph"), glyphOf(kind));
    if (thumbnail) look.replaceChildren(pictureOf(thumbnail));
    if (kind === "image" && thumbnail) row.dataset.image = id;
    showName(title, name);
    if (alt) title.title = `${name}: ${alt}`;
    row.querySelector("bdi").textContent = sender.name;
    row.querySelector("small > span").textContent = `${dayTimeLabel(at)} · ${factsOf(file)}`;
    place.href = roomPath(this.#room.id, seq);
    return row;
  }

  #addPerson({ id, name }) {
    const select = this.#form.elements.person;
    if (![...select.options].some(({ value }) => value === String(id))) select.add(new Option(name, id));
  }

  #click(event) {
    const { target } = event;
    const act = target.closest("[data-action]")?.dataset.action;
    if (act === "more") this.#read();
    if (act === "close" || target === this.#dialog || target.closest(".file-row__jump")) this.#dialog.close();
    const picture = target.closest(".file-row__icon, .filename")?.closest("[data-image]");
    if (!picture || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    this.#open(this.#files, picture.dataset.image);
  }

  #say(words) {
    this.#dialog.querySelector(".room-files__status").textContent = words;
  }
}

function pictureOf(source) {
  return Object.assign(new Image(), { alt: "", loading: "lazy", src: source });
}
