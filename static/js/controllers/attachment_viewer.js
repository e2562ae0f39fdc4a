/** What one does with files that are shown: opens a picture large, plays one that moves, looks through all of a room. */

import { notify } from "chatsite/elements/dialogs.js";
import { titleOf } from "chatsite/controllers/room_header.js";
import { saveAltText } from "chatsite/net/attachments.js";

const NOT_LOADED = "Couldn’t open this file. Check your connection.";

/** `chat` is the page. */
export function watchFiles(chat) {
  chat.log.addEventListener("click", ({ target }) => {
    const button = target.closest(".thumbnail");
    if (!button) return;
    if (button.dataset.animated) play(button);
    else open(chat, picturesOf(chat), button.dataset.image);
  });
  chat.facts.addEventListener("click", ({ target }) => target.closest('[data-action="files"]') && showAll(chat));
}

/** For who wants no movement: it begins when it is asked for. */
function play(button) {
  button.querySelector("img").src = button.dataset.animated;
  button.querySelector(".thumbnail__play").hidden = true;
  delete button.dataset.animated;
}

async function open(chat, pictures, id) {
  const lightbox = await load(() => import("chatsite/elements/lightbox.js"));
  lightbox?.showLightbox(pictures, id, (picture, alt) => saveAltText(picture.id, alt));
}

async function showAll(chat) {
  const finder = await load(() => import("chatsite/elements/room_files.js"));
  const { currentRoom, current, me } = chat;
  const people = new Map([me, ...current.timeline.messages.map(({ sender }) => sender)].map((person) => [person.id, person]));
  finder?.showRoomFiles({ id: currentRoom.id, title: titleOf(currentRoom) }, [...people.values()], (files, id) => {
    const pictures = files.filter(isPicture).map((file) => shown(file, file, me));
    open(chat, pictures, id);
  });
}

/** All of the conversation, as far as it is loaded. */
function picturesOf({ current, outbox, me }) {
  const messages = [...current.timeline.messages, ...outbox.inRoom(current.room).map((each) => ({ ...each, sender: me }))];
  return messages.flatMap((message) => (message.attachments ?? []).filter(isPicture).map((attachment) => shown(attachment, message, me)));
}

function shown(attachment, { sender, at }, me) {
  return { attachment, sender, at, isOwn: sender.id === me.id };
}

function isPicture({ kind, thumbnail }) {
  return kind === "image" && thumbnail;
}

/** What is fetched only when it is wanted may not be there to be had. */
async function load(module) {
  try {
    return await module();
  } catch {
    notify(NOT_LOADED, "is-error");
    return null;
  }
}
