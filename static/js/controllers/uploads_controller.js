/** Connects the uploads with the attachment tray. controllers/attachments.js fetches this module with the first file. */

import { placeKey } from "chatsite/controllers/composer_places.js";
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
 * Draws the files of drafts at their places (see composer_places.js). Emits "change" when uploads of a place's room change, "complete"
 * ({room, thread, held, attachments}) when the message `held` has all its files, and "released" ({room, thread, held}) when it no longer waits
 * for them.
 */
export class UploadsController extends EventTarget {
  #places;
  #rooms;
  #limits;
  #uploads;

  /** `places` are those of the page, of which there may be more later. */
  constructor({ places, rooms, socket, store, tab, openTabs, user, limits }) {
    super();
    this.#places = places;
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

  clearErrors({ tray, status }) {
    tray.showErrors([]);
    status.textContent = "";
  }

  /** Draws the tray of a place. Returns the number of its files. */
  draw({ room, thread, tray }) {
    const uploads = room ? this.#uploads.inDraft(room, thread) : [];
    tray.draw(uploads, this.#speedOf);
    return uploads.length;
  }

  /** Handles the actions on files at a place, of the draft and of messages that wait. */
  watch({ root, tray }) {
    root.addEventListener("upload-action", ({ detail: { action, id } }) => this.#handleAction(action, id, tray));
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
  take({ room, thread }, message) {
    const place = this.#placeOf({ room, thread });
    const isHeld = this.#uploads.hold(room, message, thread);
    if (isHeld) announce(place, gettext("Your message will be sent when the upload finishes."));
    if (isHeld) return { isHeld };
    const failed = this.#uploads.failed(room, thread);
    if (failed.length) place?.tray.showErrors(failed.map(failedText));
    return failed.length ? {} : { attachments: this.#uploads.takeAttachments(room, thread) };
  }

  /** Sends a message whose files failed again, once they are uploaded. */
  retry(id) {
    this.#uploads.retry(id);
  }

  /** Returns the {room, thread} of the message, or undefined. */
  release(id) {
    return this.#uploads.release(id);
  }

  discard(id) {
    this.#uploads.discard(id);
  }

  restore({ room, thread }, attachments) {
    this.#uploads.restore(room, attachments, thread);
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
  add({ room, thread }, files, folders) {
    const place = this.#placeOf({ room, thread });
    const { accepted, errors } = validateFiles(files, this.#uploads.inDraft(room, thread).length, this.#limits);
    for (const name of folders) errors.push(gettext("“%(name)s” is a folder. Zip it first to share it.", { name }));
    place?.tray.showErrors(errors);
    this.#uploads.add(room, accepted, thread);
    const [first] = accepted;
    if (first) announce(place, ngettext("%(name)s was added.", "%(count)s files were added.", accepted.length, { name: first.name }));
    if (matchMedia("(pointer: fine)").matches) place?.composer.focus();
    return accepted.length;
  }

  #listen(uploads, socket) {
    const isShown = (room) => this.#places().some((place) => place.room === room);
    uploads.addEventListener("change", ({ detail: { room } }) => isShown(room) && this.#emit("change"));
    uploads.addEventListener("finished", ({ detail }) => this.#announceFinished(detail.upload));
    uploads.addEventListener("complete", ({ detail }) => this.#emit("complete", detail));
    uploads.addEventListener("released", ({ detail }) => this.#emit("released", detail));
    socket.addEventListener("state", ({ detail }) => detail.state === "live" && uploads.retryNow());
    addEventListener("online", () => uploads.retryNow());
  }

  #handleAction(action, id, tray) {
    const uploads = this.#uploads;
    if (!uploads.get(id)) return; // already posted, and about to be removed from the page
    tray.showErrors([]);
    if (action === "pause") uploads.pause(id);
    if (action === "resume" || action === "retry") uploads.resume(id);
    if (action === "cancel") uploads.cancel(id);
    if (action === "choose") this.#replaceFile(id, tray);
    if (action === "describe") attempt(() => this.#editAlt(id));
  }

  async #replaceFile(id, tray) {
    const { name, size } = this.#uploads.get(id);
    const file = await pickFile();
    if (!this.#uploads.get(id) || this.#uploads.replace(id, file)) return;
    const values = { name, size: formatSize(size) };
    tray.showErrors([gettext("That’s a different file: “%(name)s” of %(size)s is the one you started uploading.", values)]);
  }

  async #editAlt(id) {
    const upload = this.#uploads.get(id);
    const { askForAlt } = await loadModule("chatsite/elements/alt_dialog.js");
    await askForAlt(upload.alt, (alt) => this.#uploads.setAlt(upload, alt));
  }

  #speedOf = (upload) => this.#uploads.speedOf(upload);

  #placeOf({ room, thread = null }) {
    return this.#places().find((place) => placeKey(place) === placeKey({ room, thread }));
  }

  /** Announces the last of several uploads that succeed, but each one that fails. */
  #announceFinished(upload) {
    const place = this.#placeOf(upload);
    const isPending = this.#uploads.inRoom(upload.room).some(({ state }) => state !== "ready");
    if (upload.state === "ready" && place && !isPending) announce(place, gettext("All files uploaded."));
    if (upload.state === "ready") return;
    const { name, note: reason } = upload;
    const room = this.#rooms.get(upload.room);
    if (place || !room) {
      const text = gettext("%(name)s couldn’t be uploaded. %(reason)s", { name, reason });
      if (place) announce(place, text);
      else if (upload.state === "failed") notify(text, "is-error");
    } else if (upload.state === "failed") {
      notify(gettext("%(name)s couldn’t be uploaded in %(room)s. %(reason)s", { name, room: roomTitle(room), reason }), "is-error");
    }
  }

  #emit(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}

function announce(place, text) {
  if (place) place.status.textContent = text;
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
