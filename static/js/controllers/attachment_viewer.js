/** Viewing attachments: opens images in the lightbox, plays animated ones, and lists all files of a room. */

import { notify } from "chatsite/elements/notices.js";
import { gettext } from "chatsite/i18n.js";
import { roomTitle } from "chatsite/model/rooms.js";
import { saveAltText } from "chatsite/net/attachments.js";
import { loadModule } from "chatsite/net/module_loader.js";

export function watchAttachmentViewer({ log, roomInfo, conversations, outbox, people }) {
  log.addEventListener("click", ({ target }) => {
    const button = target.closest(".thumbnail");
    if (!button) return;
    if (button.dataset.animated) play(button);
    else openLightbox(imagesOf(conversations.current, outbox, people.me), button.dataset.image);
  });
  roomInfo.addEventListener("click", ({ target }) => target.closest('[data-action="files"]') && showRoomFiles(conversations, people));
}

/** Plays an animated image, which is paused at first for users who prefer reduced motion. */
function play(button) {
  button.querySelector("img").src = button.dataset.animated;
  button.querySelector(".thumbnail__play").hidden = true;
  delete button.dataset.animated;
}

async function openLightbox(images, id) {
  const lightbox = await load("chatsite/elements/lightbox.js");
  lightbox?.showLightbox(images, id, (image, alt) => saveAltText(image.id, alt));
}

async function showRoomFiles({ currentRoom, current }, { me }) {
  const dialog = await load("chatsite/elements/room_files.js");
  const people = new Map([me, ...current.timeline.messages.map(({ sender }) => sender)].map((person) => [person.id, person]));
  dialog?.showRoomFiles({ id: currentRoom.id, title: roomTitle(currentRoom) }, [...people.values()], (files, id) => {
    const images = files.filter(isImage).map((file) => imageOf(file, file, me));
    openLightbox(images, id);
  });
}

/** Returns the images of the conversation's loaded messages. */
function imagesOf({ timeline, room }, outbox, me) {
  const messages = [...timeline.messages, ...outbox.inRoom(room).map((post) => ({ ...post, sender: me }))];
  return messages.flatMap((message) => (message.attachments ?? []).filter(isImage).map((attachment) => imageOf(attachment, message, me)));
}

function imageOf(attachment, { sender, at }, me) {
  return { attachment, sender, at, isOwn: sender.id === me.id };
}

function isImage({ kind, thumbnail }) {
  return kind === "image" && thumbnail;
}

/** Fetches a module that isn't part of the page, which fails without a connection. */
async function load(name) {
  try {
    return await loadModule(name);
  } catch {
    notify(gettext("Couldn’t open this file. Check your connection."), "is-error");
    return null;
  }
}
