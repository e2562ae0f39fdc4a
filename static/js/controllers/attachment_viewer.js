/** Viewing attachments: opens images in the lightbox, plays animated ones, and lists all files of a room. */

import { notify } from "chatsite/elements/notices.js";
import { shownSender } from "chatsite/format/senders.js";
import { gettext } from "chatsite/i18n.js";
import { roomTitle } from "chatsite/model/rooms.js";
import { saveAltText } from "chatsite/net/attachments.js";
import { loadModule } from "chatsite/net/module_loader.js";

export function watchAttachmentViewer({ log, roomInfo, conversations, outbox, people }) {
  watchThumbnails(log, () => messagesOf(conversations.current, outbox, people.me), people);
  roomInfo.addEventListener("click", ({ target }) => target.closest('[data-action="files"]') && showRoomFiles(conversations, people));
}

/** Opens the images of a log in the lightbox, which also shows those of the other messages that `messages()` returns. */
export function watchThumbnails(log, messages, people) {
  log.addEventListener("click", ({ target }) => {
    const button = target.closest(".thumbnail");
    if (!button) return;
    if (button.dataset.animated) play(button);
    else openLightbox(imagesOf(messages(), people.me), button.dataset.image);
  });
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
  if (!currentRoom) return; // it has just been left
  const dialog = await load("chatsite/elements/room_files.js");
  const people = new Map([me, ...current.timeline.messages.map(({ sender }) => sender)].map((person) => [person.id, person]));
  dialog?.showRoomFiles({ id: currentRoom.id, title: roomTitle(currentRoom) }, [...people.values()], (files, id) => {
    const images = files.filter(isImage).map((file) => imageOf(file, file, me));
    openLightbox(images, id);
  });
}

/** Returns the conversation's loaded messages, and those that are being sent. */
function messagesOf({ timeline, room }, outbox, me) {
  return [...timeline.messages, ...outbox.inRoom(room).map((post) => ({ ...post, sender: me }))];
}

function imagesOf(messages, me) {
  return messages.flatMap((message) => (message.attachments ?? []).filter(isImage).map((attachment) => imageOf(attachment, message, me)));
}

function imageOf(attachment, message, me) {
  return { attachment, sender: shownSender(message), at: message.at, isOwn: message.sender.id === me.id };
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
