/** Connects the uploads with the attachment tray. controllers/attachments.js fetches this module with the first file. */

import { attempt } from "chatsite/elements/dialogs.js";
import "chatsite/elements/attachment_tray.js";
import { pickFile } from "chatsite/elements/file_drop.js";
import { notify } from "chatsite/elements/notices.js";
import { formatSize } from "chatsite/format/sizes.js";
import { gettext, ngettext } from "chatsite/i18n.js";
import { roomTitle } from "chatsite/model/rooms.js";
import { validateFiles } from "chatsite/model/upload_rules.js";
import { isFailed, Uploads } from "chatsite/model/uploads.js";
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

  takeOver() {
    return this.#uploads.takeOver();
  }

  clearErrors() {
    this.#tray.showErrors([]);
    this.#status.textContent = "";
  }

  /** Draws the tray. Returns the number of its files. */
  draw() {
    const { current } = this.#conversations;
    const uploads = current ? this.#uploads.inDraft(current.room) : [];
    this.#tray.draw(uploads, this.#speedOf);
    return uploads.length;
  }

  /** Returns the room's messages that wait for their files, in the form of the outbox's posts, with `uploads` and `speedOf`. */
  heldIn(room) {
    return this.#uploads.heldIn(room).map(({ id, body, replyTo, at, uploads }) => {
      const failed = uploads.find(isFailed);
      const status = failed ? { state: "failed", note: heldText(failed) } : { state: "uploading", note: "" };
      return { client_id: id, room, body, reply_to: replyTo, at, ...status, attachments: [], uploads, speedOf: this.#speedOf };
    });
  }

  /**
   * Returns {attachments} if the message can be posted, {isHeld: true} if it will be posted once its files are uploaded, or {} if one
   * of them failed.
   */
  take(room, message) {
    const isHeld = this.#uploads.hold(room, message);
    if (isHeld) this.#announce(gettext("Your message will be sent when the upload finishes."));
    if (isHeld) return { isHeld };
    const failed = this.#uploads.failed(room);
    if (failed.length && room === this.#conversations.current?.room) this.#tray.showErrors(failed.map(failedText));
    return failed.length ? {} : { attachments: this.#uploads.takeAttachments(room) };
  }

  /** Sends a message whose files failed again, once they are uploaded. */
  retry(id) {
    this.#uploads.retry(id);
  }

  release(id) {
    this.#uploads.release(id);
  }

  discard(id) {
    this.#uploads.discard(id);
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

  /** Adds files, and returns how many. `folders` are the names of folders among them, which can't be uploaded. */
  add(room, files, folders) {
    const { accepted, errors } = validateFiles(files, this.#uploads.inDraft(room).length, this.#limits);
    for (const name of folders) errors.push(gettext("“%(name)s” is a folder. Zip it first to share it.", { name }));
    this.#tray.showErrors(errors);
    this.#uploads.add(room, accepted);
    const [first] = accepted;
    if (first) this.#announce(ngettext("%(name)s was added.", "%(count)s files were added.", accepted.length, { name: first.name }));
    if (matchMedia("(pointer: fine)").matches) this.#composer.focus();
    return accepted.length;
  }

  #listen(uploads, socket) {
    for (const element of [this.#tray, document.querySelector("message-log")]) {
      element.addEventListener("upload-action", ({ detail: { action, id } }) => this.#handleAction(action, id));
    }
    uploads.addEventListener("change", ({ detail }) => detail.room === this.#conversations.current?.room && this.#emit("change"));
    uploads.addEventListener("finished", ({ detail }) => this.#announceFinished(detail.upload));
    uploads.addEventListener("complete", ({ detail }) => this.#emit("complete", detail));
    uploads.addEventListener("released", ({ detail }) => this.#emit("released", detail));
    socket.addEventListener("state", ({ detail }) => detail.state === "live" && uploads.retryNow());
    addEventListener("online", () => uploads.retryNow());
  }

  #handleAction(action, id) {
    const uploads = this.#uploads;
    if (!this.#find(id)) return; // already posted, and about to be removed from the page
    this.#tray.showErrors([]);
    if (action === "pause") uploads.pause(id);
    if (action === "resume" || action === "retry") uploads.resume(id);
    if (action === "cancel") uploads.cancel(id);
    if (action === "choose") this.#replaceFile(id);
    if (action === "describe") attempt(() => this.#editAlt(id));
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

  #speedOf = (upload) => this.#uploads.speedOf(upload);

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

function heldText({ name, state, note }) {
  return state === "missing"
    ? gettext("“%(name)s” must be selected again.", { name })
    : gettext("“%(name)s” didn’t upload. %(reason)s", { name, reason: note });
}

function failedText({ name, state }) {
  return state === "missing"
    ? gettext("“%(name)s” didn’t upload: select it again or remove it, then send the message.", { name })
    : gettext("“%(name)s” didn’t upload: try it again or remove it, then send the message.", { name });
}
