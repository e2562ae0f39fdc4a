/** <upload-list>: the files of an unsent message, each with its state and actions. */

import { drawFileName, fileSummary, guessKind, iconOf, setIcon } from "chatsite/elements/file_icon.js";
import { clone } from "chatsite/elements/templates.js";
import { formatSize } from "chatsite/format/sizes.js";
import { gettext } from "chatsite/i18n.js";

const DRAWABLE = /^image\/(png|jpeg|gif|webp|avif|bmp)$/;
const MAX_DRAWN_SIZE = 30_000_000; // bytes
const PREVIEW_SIZE = 96; // pixels
const ACTIVE = new Set(["waiting", "sending", "checking"]);

/** Emits a bubbling "upload-action" ({action, id}): describe, pause, resume, retry, choose, or cancel. */
export class UploadList extends HTMLElement {
  #rows = new Map();
  #list = Object.assign(document.createElement("ul"), { className: "tray__files" });

  connectedCallback() {
    if (this.#list.isConnected) return;
    this.append(this.#list);
    this.addEventListener("click", (event) => this.#emitAction(event));
  }

  get isEmpty() {
    return !this.#rows.size;
  }

  /** `speedOf(upload)` returns bytes per second, or null. */
  draw(uploads, speedOf) {
    const ids = new Set(uploads.map(({ id }) => id));
    for (const [id, row] of this.#rows) if (!ids.has(id)) this.#removeRow(id, row);
    for (const upload of uploads) this.#drawRow(upload, speedOf(upload));
  }

  #drawRow(upload, speed) {
    let row = this.#rows.get(upload.id);
    if (!row) {
      row = createRow(upload);
      this.#rows.set(upload.id, row);
      this.#list.append(row);
    }
    const key = `${upload.state} ${upload.note} ${upload.sent} ${Math.round(speed ?? 0)} ${upload.alt}`;
    if (row.dataset.key === key) return;
    row.dataset.key = key;
    updateRow(row, upload, speed);
  }

  /** Removes a row and moves the focus to the next one, so that it doesn't return to the beginning of the page. */
  #removeRow(id, row) {
    const hadFocus = row.contains(document.activeElement);
    const next = row.nextElementSibling ?? row.previousElementSibling;
    row.remove();
    this.#rows.delete(id);
    if (hadFocus) (next?.querySelector('[data-action="cancel"]') ?? document.getElementById("message")).focus();
  }

  #emitAction(event) {
    const button = event.target.closest("[data-action]");
    if (!button) return;
    event.stopPropagation(); // the log's messages have actions, too
    const { action } = button.dataset;
    const id = button.closest(".tray__file").dataset.upload;
    this.dispatchEvent(new CustomEvent("upload-action", { bubbles: true, detail: { action, id } }));
  }
}

function createRow(upload) {
  const row = clone("tray-file");
  const preview = row.querySelector(".tray__preview");
  row.dataset.upload = upload.id;
  drawFileName(row.querySelector(".filename"), upload.name);
  setIcon(preview.querySelector(".glyph"), iconOf(upload.attachment?.kind ?? guessKind(upload.type)));
  for (const button of row.querySelectorAll("[aria-label]")) {
    button.setAttribute("aria-label", gettext("%(action)s: %(name)s", { action: button.title, name: upload.name }));
  }
  drawPreview(preview, upload);
  return row;
}

function updateRow(row, upload, speed) {
  const { state, size, sent } = upload;
  row.dataset.state = state;
  row.querySelector(".tray__state").textContent = stateText(upload, speed);
  const progress = row.querySelector("progress");
  progress.hidden = !ACTIVE.has(state) && state !== "paused";
  progress.setAttribute("aria-label", upload.name);
  if (state === "checking") progress.removeAttribute("value");
  else progress.value = size ? sent / size : 0;
  const isOffered = {
    describe: isImage(upload) && state !== "failed" && state !== "missing",
    pause: state === "sending" || state === "waiting",
    resume: state === "paused",
    retry: state === "failed",
    choose: state === "missing",
    cancel: true,
  };
  moveFocus(row, isOffered);
  for (const button of row.querySelectorAll("[data-action]")) button.hidden = !isOffered[button.dataset.action];
  row.querySelector('[data-action="describe"]').classList.toggle("is-done", Boolean(upload.alt));
}

/** Moves the focus from a button that is about to be hidden to the one that replaces it. */
function moveFocus(row, isOffered) {
  const focused = row.querySelector("[data-action]:focus");
  if (!focused || isOffered[focused.dataset.action]) return;
  const next = ["pause", "resume", "retry", "choose", "cancel"].find((name) => isOffered[name]);
  const button = row.querySelector(`[data-action="${next}"]`);
  button.hidden = false;
  button.focus();
}

function stateText({ state, note, sent, size, alt, attachment, type, name }, speed) {
  const progress = gettext("%(sent)s of %(size)s", { sent: formatSize(sent), size: formatSize(size) });
  if (state === "waiting" && note) return note;
  if (state === "waiting")
    return sent ? gettext("Waiting to resume · %(progress)s", { progress }) : gettext("Waiting · %(size)s", { size: formatSize(size) });
  if (state === "sending") return speed === null ? progress : gettext("%(progress)s · %(speed)s/s", { progress, speed: formatSize(speed) });
  if (state === "paused") return gettext("Paused · %(progress)s", { progress });
  if (state === "checking") return gettext("Processing…");
  if (state === "failed") return note;
  if (state === "missing") return gettext("Select the file again to resume.");
  const summary = fileSummary(attachment ?? { kind: guessKind(type), type, name, size });
  return alt ? gettext("%(summary)s · alt text added", { summary }) : summary;
}

function isImage({ attachment, type }) {
  return attachment ? attachment.kind === "image" : DRAWABLE.test(type);
}

/** Draws a local file on a canvas, so that the content security policy needn't allow blob: URLs as images. */
async function drawPreview(element, { file, type, size, attachment }) {
  if (!file && attachment?.thumbnail) element.replaceChildren(Object.assign(new Image(), { alt: "", src: attachment.thumbnail }));
  if (!file || !DRAWABLE.test(type) || size > MAX_DRAWN_SIZE) return;
  try {
    const bitmap = await createImageBitmap(file, { resizeHeight: PREVIEW_SIZE, resizeQuality: "medium" });
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = PREVIEW_SIZE;
    const scale = Math.max(1, PREVIEW_SIZE / bitmap.width);
    const [width, height] = [bitmap.width * scale, bitmap.height * scale];
    canvas.getContext("2d").drawImage(bitmap, (PREVIEW_SIZE - width) / 2, (PREVIEW_SIZE - height) / 2, width, height);
    bitmap.close();
    element.replaceChildren(canvas);
  } catch {
    // The file isn't an image or is too large for this device, so the icon stays.
  }
}

customElements.define("upload-list", UploadList);
