/** Sending files: what becomes of those that were brought, how they stand, when their message goes. */

import "chatsite/elements/attachment_tray.js";
import { notify } from "chatsite/elements/dialogs.js";
import { chooseOne } from "chatsite/elements/file_drop.js";
import { titleOf } from "chatsite/controllers/room_header.js";
import { cancelUpload, saveAltText, fetchAttachment } from "chatsite/net/attachments.js";
import { formatSize } from "chatsite/format/sizes.js";
import { openTabs } from "chatsite/store/tab_lock.js";
import { uploadFile } from "chatsite/net/tus_upload.js";
import { validateFiles } from "chatsite/model/upload_rules.js";
import { Uploads } from "chatsite/model/uploads.js";

/** `chat` is the page. Fetched with the first file. */
export class Sending {
  #chat;
  #uploads;
  #tray = document.querySelector("attachment-tray");
  #said = document.querySelector("[data-upload-status]");

  constructor(chat, { store, tab }) {
    this.#chat = chat;
    this.#uploads = new Uploads({
      store,
      uploadFile,
      server: { fetchAttachment, saveAltText, cancelUpload },
      user: chat.me.id,
      tab,
      openTabs: () => openTabs(navigator.locks),
    });
    this.#wire(this.#uploads);
  }

  get isEmpty() {
    return this.#uploads.isEmpty;
  }

  /** What waited elsewhere does not take along what somebody has begun to write here. */
  takeOver() {
    const { composer } = this.#chat;
    return this.#uploads.takeOver({ isBegun: (room) => room === this.#chat.current?.room && composer.isBegun });
  }

  /** Another room is open: what was said of the last one's files is no longer of interest. */
  opened() {
    this.#tray.refuse([]);
    this.#said.textContent = "";
  }

  /** Answers how many files the open room's message has, and which one waits for them, if any: {count, held}. */
  draw() {
    const { current } = this.#chat;
    const uploads = current ? this.#uploads.inRoom(current.room) : [];
    const held = current ? this.#uploads.heldMessage(current.room) : null;
    this.#tray.draw(uploads, { isHeld: Boolean(held), speedOf: (upload) => this.#uploads.speedOf(upload) });
    return { count: uploads.length, held };
  }

  /** What the message ({body, replyTo}) takes along, or null: it waits for its files, or stays because one broke (see `holds`). */
  take(room, message) {
    if (this.holds(room)) return []; // all that is there waits for another one
    if (!this.#hold(room, message)) return this.#uploads.takeAttachments(room);
    return null;
  }

  holds(room) {
    return Boolean(this.#uploads.heldMessage(room));
  }

  renewLease() {
    this.#uploads.renewLease();
  }

  removeRoom(room) {
    this.#uploads.removeRoom(room);
  }

  add(room, files, folders) {
    const { accepted, errors } = validateFiles(files, this.#uploads.inRoom(room).length, this.#chat.page.limits);
    for (const name of folders) errors.push(`“${name}” is a folder. Zip it first to share it.`);
    this.#tray.refuse(errors);
    this.#uploads.add(room, accepted);
    if (accepted.length) this.#say(accepted.length === 1 ? `${accepted[0].name} was added.` : `${accepted.length} files were added.`);
    if (matchMedia("(pointer: fine)").matches) this.#chat.composer.focus();
  }

  #wire(uploads) {
    this.#tray.addEventListener("tray-action", ({ detail: { act, id } }) => this.#act(act, id));
    uploads.addEventListener("change", ({ detail }) => detail.room === this.#chat.current?.room && this.#chat.redraw());
    uploads.addEventListener("finished", ({ detail }) => this.#settled(detail.upload));
    uploads.addEventListener("complete", ({ detail: { room, held } }) => this.#chat.files.post(room, held, uploads.takeAttachments(room)));
    uploads.addEventListener("released", ({ detail: { room, held } }) => this.#chat.files.restoreDraft(room, held));
    this.#chat.socket.addEventListener("state", ({ detail }) => detail.state === "live" && uploads.retryNow());
    addEventListener("online", () => uploads.retryNow());
  }

  /** True where the message has to stay. */
  #hold(room, message) {
    const waits = this.#uploads.hold(room, message);
    const broken = this.#uploads.failed(room);
    if (waits) this.#chat.drafts.discardSent(room, message); // from here on it is kept with its files
    this.#chat.files.draw(); // at once: what is typed now is not to go with it
    if (waits) this.#say("Your message will be sent when the upload finishes.");
    if (broken.length && room === this.#chat.current?.room) this.#tray.refuse(broken.map(stayingWords));
    return waits || broken.length > 0;
  }

  #act(act, id) {
    const uploads = this.#uploads;
    const { current, composer } = this.#chat;
    if (id && !this.#find(id)) return; // it went with its message, and is not drawn away yet
    this.#tray.refuse([]);
    if (act === "release") {
      uploads.release(current.room);
      composer.focus();
    }
    if (act === "pause") uploads.pause(id);
    if (act === "resume" || act === "retry") uploads.resume(id);
    if (act === "cancel") uploads.cancel(id);
    if (act === "choose") this.#choose(id);
    if (act === "describe") this.#describe(id);
  }

  async #choose(id) {
    const { name, size } = this.#find(id);
    const file = await chooseOne();
    if (this.#find(id) && !this.#uploads.replace(id, file)) {
      this.#tray.refuse([`That’s a different file: “${name}” of ${formatSize(size)} is the one you started uploading.`]);
    }
  }

  async #describe(id) {
    const upload = this.#find(id);
    const { askForAlt } = await import("chatsite/elements/alt_dialog.js");
    await askForAlt(upload.alt, (words) => this.#uploads.setAlt(upload, words));
  }

  #find(id) {
    return this.#uploads.inRoom(this.#chat.current?.room).find((upload) => upload.id === id);
  }

  /** Few words: not for each of many files that arrive, but for each that does not. */
  #settled(upload) {
    const { current, rooms } = this.#chat;
    const isHere = upload.room === current?.room;
    if (upload.state === "ready") {
      const others = this.#uploads.inRoom(upload.room).filter(({ state }) => state !== "ready");
      if (isHere && !others.length) this.#say("All files uploaded.");
    } else if (isHere) this.#say(`${upload.name} couldn’t be uploaded. ${upload.note}`);
    else if (upload.state === "failed") {
      const room = rooms.get(upload.room);
      notify(`${upload.name} couldn’t be uploaded${room ? ` in ${titleOf(room)}` : ""}. ${upload.note}`, "is-error");
    }
  }

  #say(sentence) {
    this.#said.textContent = sentence;
  }
}

function stayingWords({ name, state }) {
  const remedy = state === "missing" ? "select it again" : "try it again";
  return `“${name}” didn’t upload: ${remedy} or remove it, then send the message.`;
}
