/** <attachment-tray>: the files of the message that is being written, above its field, each with its state and what can be done. */

import { factsOf, glyphOf, guessKind, showGlyph, showName } from "chatsite/elements/file_icon.js";
import { clone } from "chatsite/elements/templates.js";
import { formatSize } from "chatsite/format/sizes.js";

const PICTURES = /^image\/(png|jpeg|gif|webp|avif|bmp)$/;
const DRAWN = 30_000_000;
const SIDE = 96;
const MOVING = new Set(["waiting", "sending", "checking"]);

/** Tells by a bubbling event "tray-action" ({act, id}): describe, pause, resume, retry, choose, cancel; and release, without an id. */
export class ChatTray extends HTMLElement {
  #rows = new Map();
  #list;

  connectedCallback() {
    this.#list = this.querySelector(".tray__files");
    this.addEventListener("click", ({ target }) => this.#act(target.closest("[data-action]")));
  }

  /** `speedOf(upload)` is in bytes a second, or null. */
  draw(uploads, { isHeld, speedOf }) {
    this.hidden = !uploads.length && !this.querySelector(".tray__errors").textContent;
    this.querySelector(".tray__held").hidden = !isHeld;
    const wanted = new Set(uploads.map(({ id }) => id));
    for (const [id, row] of this.#rows) if (!wanted.has(id)) this.#drop(id, row);
    for (const upload of uploads) this.#row(upload, speedOf(upload));
  }

  /** Which files were not taken, and why: until others are added. */
  refuse(sentences) {
    this.querySelector(".tray__errors").textContent = sentences.join(" ");
    this.hidden = !this.#rows.size && !sentences.length;
  }

  #row(upload, speed) {
    let row = this.#rows.get(upload.id);
    if (!row) {
      row = newRow(upload);
      this.#rows.set(upload.id, row);
      this.#list.append(row);
    }
    const look = `${upload.state} ${upload.note} ${upload.sent} ${Math.round(speed ?? 0)} ${upload.alt}`;
    if (row.dataset.look === look) return;
    row.dataset.look = look;
    fill(row, upload, speed);
  }

  /** The focus goes to what stands in its place, not to the beginning of the page. */
  #drop(id, row) {
    const hadFocus = row.contains(document.activeElement);
    const next = row.nextElementSibling ?? row.previousElementSibling;
    row.remove();
    this.#rows.delete(id);
    if (hadFocus) (next?.querySelector('[data-action="cancel"]') ?? this.closest("form").querySelector("textarea")).focus();
  }

  #act(button) {
    if (!button) return;
    const { action: act } = button.dataset;
    const id = button.closest(".tray__file")?.dataset.upload;
    this.dispatchEvent(new CustomEvent("tray-action", { bubbles: true, detail: { act, id } }));
  }
}

function newRow(upload) {
  const row = clone("tray-file");
  row.dataset.upload = upload.id;
  showName(row.querySelector(".filename"), upload.name);
  showGlyph(row.querySelector(".tray__preview .glyph"), glyphOf(upload.attachment?.kind ?? guessKind(upload.type)));
  for (const button of row.querySelectorAll("[aria-label]")) {
    button.setAttribute("aria-label", `${button.title}: ${upload.name}`);
  }
  picture(row.querySelector(".tray__preview"), upload);
  return row;
}

function fill(row, upload, speed) {
  const { state, size, sent } = upload;
  row.dataset.state = state;
  row.querySelector(".tray__state").textContent = stateWords(upload, speed);
  const progress = row.querySelector("progress");
  progress.hidden = !MOVING.has(state) && state !== "paused";
  progress.setAttribute("aria-label", upload.name);
  if (state === "checking") progress.removeAttribute("value");
  else progress.value = size ? sent / size : 0;
  const offered = {
    describe: isPicture(upload) && state !== "failed" && state !== "missing",
    pause: state === "sending" || state === "waiting",
    resume: state === "paused",
    retry: state === "failed",
    choose: state === "missing",
    cancel: true,
  };
  turnFocus(row, offered);
  for (const button of row.querySelectorAll("[data-action]")) button.hidden = !offered[button.dataset.action];
  row.querySelector('[data-action="describe"]').classList.toggle("is-done", Boolean(upload.alt));
}

/** A button that goes while it has the focus hands it to the one that takes its place. */
function turnFocus(row, offered) {
  const focused = row.querySelector("[data-action]:focus");
  if (!focused || offered[focused.dataset.action]) return;
  const next = ["pause", "resume", "retry", "choose", "cancel"].find((name) => offered[name]);
  const button = row.querySelector(`[data-action="${next}"]`);
  button.hidden = false;
  button.focus();
}

function stateWords({ state, note, sent, size, alt, attachment, type, name }, speed) {
  const part = `${formatSize(sent)} of ${formatSize(size)}`;
  if (state === "waiting") return note || (sent ? `Waiting to resume · ${part}` : `Waiting · ${formatSize(size)}`);
  if (state === "sending") return speed === null ? part : `${part} · ${formatSize(speed)}/s`;
  if (state === "paused") return `Paused · ${part}`;
  if (state === "checking") return "Processing…";
  if (state === "failed") return note;
  if (state === "missing") return "Select the file again to resume.";
  const facts = factsOf(attachment ?? { kind: guessKind(type), type, name, size });
  return alt ? `${facts} · alt text added` : facts;
}

function isPicture({ attachment, type }) {
  return attachment ? attachment.kind === "image" : PICTURES.test(type);
}

/** Drawn rather than shown: so no address of a file in this browser needs to be allowed as a picture's source. */
async function picture(place, { file, type, size, attachment }) {
  if (!file && attachment?.thumbnail) place.replaceChildren(Object.assign(new Image(), { alt: "", src: attachment.thumbnail }));
  if (!file || !PICTURES.test(type) || size > DRAWN) return;
  try {
    const bitmap = await createImageBitmap(file, { resizeHeight: SIDE, resizeQuality: "medium" });
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = SIDE;
    const scale = Math.max(1, SIDE / bitmap.width);
    const [width, height] = [bitmap.width * scale, bitmap.height * scale];
    canvas.getContext("2d").drawImage(bitmap, (SIDE - width) / 2, (SIDE - height) / 2, width, height);
    bitmap.close();
    place.replaceChildren(canvas);
  } catch {
    // Not what its name says, or too large for this machine: the sign stays.
  }
}

customElements.define("attachment-tray", ChatTray);
