/** Connects the uploads with the attachment tray. controllers/attachments.js fetches this module with the first file. */

import "chatsite/elements/attachment_tray.js";
import { notify } from "chatsite/elements/dialogs.js";
import { pickFile } from "chatsite/elements/file_drop.js";
import { formatSize } from "chatsite/format/sizes.js";
import { gettext, ngettext } from "chatsite/i18n.js";
import { roomTitle } from "chatsite/model/rooms.js";
import { validateFiles } from "chatsite/model/upload_rules.js";
import { Uploads } from "chatsite/model/uploads.js";
import { cancelUpload, fetchAttachment, saveAltText } from "chatsite/net/attachments.js";
import { loadModule } from "chatsite/net/module_loader.js";
import { uploadFile } from "chatsite/net/tus_upload.js";

/**
 * Emits "change" when the open room's uploads change, "complete" ({room, held, attachments}) when the message `held` has all
 * its files, and "released" ({room, held}) when it no longer waits for them.
 */
export class UploadsController extends EventTarget {
  #composer;
  #conversations;
  #rooms;
  #limits;
  #uploads;
  #tray = document.querySelector("attachment-tray");
  #status = document.querySelector("[data-upload-status]");

  constructor({ composer, conversations, rooms, socket, store, tab, openTabs, user, limits }) {
    super();
    this.#composer = composer;
    this.#conversations = conversations;
    this.#rooms = rooms;
    this.#limits = limits;
    const server = { fetchAttachment, saveAltText, cancelUpload };
    this.#uploads = new Uploads({ store, uploadFile, server, user, tab, openTabs });
    this.#listen(this.#uploads, socket);
  }

  get isEmpty() {
    return this.#uploads.isEmpty;
  }

  /** A stored message doesn't wait for its files if `isComposing(room)`, as another message is being written. */
  takeOver({ isComposing }) {
    return this.#uploads.takeOver({ isComposing });
  }

  clearErrors() {
    this.#tray.showErrors([]);
    this.#status.textContent = "";
  }

  /** Draws the tray. Returns {count, held}: the number of the open room's files, and the message that waits for them, if any. */
  draw() {
    const { current } = this.#conversations;
    const uploads = current ? this.#uploads.inRoom(current.room) : [];
    const held = current ? this.#uploads.heldMessage(current.room) : null;
    this.#tray.draw(uploads, { isHeld: Boolean(held), speedOf: (upload) => this.#uploads.speedOf(upload) });
    return { count: uploads.length, held };
  }

  /** Returns the message's attachments, or null if it waits for them (see `isHeld`) or one of them failed. */
  take(room, message) {
    if (this.isHeld(room)) return []; // the files belong to the waiting message
    const isWaiting = this.#uploads.hold(room, message);
    const failed = this.#uploads.failed(room);
    if (isWaiting) this.#announce(gettext("Your message will be sent when the upload finishes."));
    if (failed.length && room === this.#conversations.current?.room) this.#tray.showErrors(failed.map(failedText));
    return isWaiting || failed.length ? null : this.#uploads.takeAttachments(room);
  }

  isHeld(room) {
    return Boolean(this.#uploads.heldMessage(room));
  }

  restore(room, attachments) {
    this.#uploads.restore(room, attachments);
  }

  removeQuotes(message) {
    this.#uploads.removeQuotes(message);
  }

  renewLease() {
    this.#uploads.renewLease();
  }

  releaseLease() {
    this.#uploads.releaseLease();
  }

  stop() {
    this.#uploads.stop();
  }

  removeRoom(room) {
    this.#uploads.removeRoom(room);
  }

  /** Adds files. `folders` are the names of folders among them, which can't be uploaded. */
  add(room, files, folders) {
    const { accepted, errors } = validateFiles(files, this.#uploads.inRoom(room).length, this.#limits);
    for (const name of folders) errors.push(gettext("“%(name)s” is a folder. Zip it first to share it.", { name }));
    this.#tray.showErrors(errors);
    this.#uploads.add(room, accepted);
    const [first] = accepted;
    if (first) this.#announce(ngettext("%(name)s was added.", "%(count)s files were added.", accepted.length, { name: first.name }));
    if (matchMedia("(pointer: fine)").matches) this.#composer.focus();
  }

  #listen(uploads, socket) {
    this.#tray.addEventListener("tray-action", ({ detail: { action, id } }) => this.#handleAction(action, id));
    uploads.addEventListener("change", ({ detail }) => detail.room === this.#conversations.current?.room && this.#emit("change"));
    uploads.addEventListener("finished", ({ detail }) => this.#announceFinished(detail.upload));
    uploads.addEventListener("complete", ({ detail: { room, held } }) => {
      this.#emit("complete", { room, held, attachments: uploads.takeAttachments(room) });
    });
    uploads.addEventListener("released", ({ detail }) => this.#emit("released", detail));
    socket.addEventListener("state", ({ detail }) => detail.state === "live" && uploads.retryNow());
    addEventListener("online", () => uploads.retryNow());
  }

  #handleAction(action, id) {
    const uploads = this.#uploads;
    if (id && !this.#find(id)) return; // already posted, and about to be removed from the tray
    this.#tray.showErrors([]);
    if (action === "release") {
      uploads.release(this.#conversations.current.room);
      this.#composer.focus();
    }
    if (action === "pause") uploads.pause(id);
    if (action === "resume" || action === "retry") uploads.resume(id);
    if (action === "cancel") uploads.cancel(id);
    if (action === "choose") this.#replaceFile(id);
    if (action === "describe") this.#editAlt(id);
  }

  async #replaceFile(id) {
    const { name, size } = this.#find(id);
    const file = await pickFile();
    if (!this.#find(id) || this.#uploads.replace(id, file)) return;
    const values = { name, size: formatSize(size) };
    this.#tray.showErrors([gettext("That’s a different file: “%(name)s” of %(size)s is the one you started uploading.", values)]);
  }

  async #editAlt(id) {
    const upload = this.#find(id);
    const { askForAlt } = await loadModule("chatsite/elements/alt_dialog.js");
    await askForAlt(upload.alt, (alt) => this.#uploads.setAlt(upload, alt));
  }

  #find(id) {
    return this.#uploads.inRoom(this.#conversations.current?.room).find((upload) => upload.id === id);
  }

  /** Announces the last of several uploads that succeed, but each one that fails. */
  #announceFinished(upload) {
    const isOpen = upload.room === this.#conversations.current?.room;
    const isPending = this.#uploads.inRoom(upload.room).some(({ state }) => state !== "ready");
    if (upload.state === "ready" && isOpen && !isPending) this.#announce(gettext("All files uploaded."));
    if (upload.state === "ready") return;
    const { name, note: reason } = upload;
    const room = this.#rooms.get(upload.room);
    if (isOpen || !room) {
      const text = gettext("%(name)s couldn’t be uploaded. %(reason)s", { name, reason });
      if (isOpen) this.#announce(text);
      else if (upload.state === "failed") notify(text, "is-error");
    } else if (upload.state === "failed") {
      notify(gettext("%(name)s couldn’t be uploaded in %(room)s. %(reason)s", { name, room: roomTitle(room), reason }), "is-error");
    }
  }

  #announce(text) {
    this.#status.textContent = text;
  }

  #emit(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}

function failedText({ name, state }) {
  return state === "missing"
    ? gettext("“%(name)s” didn’t upload: select it again or remove it, then send the message.", { name })
    : gettext("“%(name)s” didn’t upload: try it again or remove it, then send the message.", { name });
}
