/** Draws a message of the log: fills its template, and only updates the parts that changed. */

import { drawAttachments } from "chatsite/elements/attachment_loader.js";
import { drawAvatar } from "chatsite/elements/avatar.js";
import { drawBotBadge } from "chatsite/elements/bot_badge.js";
import { drawLinkPreviews } from "chatsite/elements/link_previews.js";
import { drawMessageBody, nameRoomLinks } from "chatsite/elements/message_body.js";
import { markMentions } from "chatsite/elements/message_mentions.js";
import { closeEditor, isEditing } from "chatsite/elements/message_editor.js";
import { drawReactions, reactionsKey } from "chatsite/elements/message_reactions.js";
import { clone } from "chatsite/elements/templates.js";
import { formatDateTime, formatShortDateTime, formatTime, isToday } from "chatsite/format/dates.js";
import { editHistoryPath } from "chatsite/format/paths.js";
import { shownSender } from "chatsite/format/senders.js";
import { formatNumber, gettext, ngettext } from "chatsite/i18n.js";
import { isMentioned } from "chatsite/model/mentions.js";

// Replies, and unread ones, that the server counts.
const MOST_COUNTED = 1000;
const MOST_UNREAD = 100;

export class MessageView {
  element = clone("log-message");
  #message = null;
  /** Identifies the drawn content, to detect changes. */
  #key = null;
  /** Identifies the content of the parts that are only drawn when it changes, by their names. */
  #partKeys = new Map();
  /** The files of a message that waits for them. */
  #uploadList = null;
  #hasRoomLinks = false;

  get message() {
    return this.#message;
  }

  /**
   * `first`: whether it is the first of one user's consecutive messages. `link`: its URL, or null while it is being posted.
   * Returns whether anything has changed.
   */
  draw({ message, first, isRoot = false }, { me, link, isLive, roomTitle, isSaved, threadOf }) {
    const { reply_to: reply } = message;
    const sender = shownSender(message);
    const people = `${sender.name} ${sender.avatar} ${sender.emoji} ${reply && shownSender(reply)?.name}`;
    const sending = `${message.state} ${message.note} ${message.state && isLive}`;
    const saved = isSaved(message.id);
    const thread = threadOf(message.id);
    const state = `${thread?.replies} ${thread?.last_at} ${thread?.unread} ${saved} ${message.version} ${reactionsKey(message.reactions)}`;
    const key = `${first} ${state} ${people} ${reply?.excerpt} ${sending}`;
    this.#message = message;
    const hasChanged = this.#key !== key;
    if (hasChanged) this.#redraw(message, first, { key, me, link, isLive, saved });
    this.element.classList.toggle("is-root", isRoot);
    this.#drawThread(thread);
    this.#drawUploads(message);
    if (this.#hasRoomLinks) nameRoomLinks(this.element.querySelector(".msg__body"), roomTitle); // rooms may be renamed
    return hasChanged;
  }

  #redraw(message, first, { key, me, link, isLive, saved }) {
    this.#key = key;
    this.#updateClasses(message, first, me);
    this.#drawHeader(message, first, link);
    this.#drawReply(message.reply_to);
    if (message.deleted_at) closeEditor(this.element);
    if (isEditing(this.element)) {
      this.#key = null; // so that the rest is drawn once the editor has closed
      return;
    }
    this.#drawBody(message, me);
    drawAttachments(this.element.querySelector(".msg__files"), message);
    drawLinkPreviews(this.element.querySelector(".msg__previews"), message.previews);
    drawReactions(this.element.querySelector(".reactions"), message.reactions ?? [], me);
    this.element.querySelector(".msg__pin").hidden = !message.pinned_at;
    this.element.querySelector(".msg__saved").hidden = !saved || Boolean(message.deleted_at);
    this.#drawNote(message, isLive);
  }

  /** Shows the number of replies, and of those that are new in a thread that the user follows. */
  #drawThread(thread) {
    const button = this.element.querySelector(".msg__thread");
    button.toggleAttribute("hidden", !thread?.replies);
    if (button.hidden) return;
    const [text, unread] = button.querySelectorAll("span, b");
    text.textContent = threadText(thread);
    unread.toggleAttribute("hidden", !thread.unread);
    unread.textContent = thread.unread ? unreadText(thread.unread) : "";
  }

  /** The element is defined with the code for uploads, which was fetched for the first one. */
  #drawUploads({ uploads = [], speedOf }) {
    if (!uploads.length) {
      this.#uploadList?.remove();
      this.#uploadList = null;
      return;
    }
    this.#uploadList ??= this.#newUploadList();
    this.#uploadList.draw(uploads, speedOf);
  }

  #newUploadList() {
    const list = document.createElement("upload-list");
    list.ariaLive = "off";
    this.element.querySelector(".msg__files").after(list);
    return list;
  }

  /**
   * Returns whether a part has to be drawn because these values have changed. Drawing it again would lose the focus and the selection
   * in it, and cover revealed spoilers.
   */
  #hasNewContent(part, ...values) {
    const key = JSON.stringify(values);
    if (this.#partKeys.get(part) === key) return false;
    this.#partKeys.set(part, key);
    return true;
  }

  #updateClasses(message, first, me) {
    const { element } = this;
    element.dataset.seq = message.seq ?? "";
    element.dataset.id = message.id ?? "";
    element.classList.toggle("is-first", first);
    element.classList.toggle("is-mine", message.sender.id === me);
    element.classList.toggle("is-pending", message.state === "waiting" || message.state === "uploading");
    element.classList.toggle("is-failed", message.state === "failed");
    element.classList.toggle("is-deleted", Boolean(message.deleted_at));
    element.classList.toggle("is-for-me", message.sender.id !== me && isMentioned(message, me));
  }

  #drawHeader(message, first, link) {
    const { at } = message;
    const sender = shownSender(message);
    const find = (selector) => this.element.querySelector(selector);
    if (first) drawAvatar(find(".avatar"), sender);
    if (!this.#hasNewContent("header", sender.name, at, link)) return;
    find(".msg__name").textContent = sender.name;
    drawBotBadge(find(".msg__name"), sender);
    for (const time of [find(".msg__time"), find(".msg__at")]) {
      time.dateTime = at;
      time.title = formatDateTime(at);
      time.textContent = formatTime(at);
    }
    if (link) find(".msg__time").replaceChildren(Object.assign(document.createElement("a"), { href: link, textContent: formatTime(at) }));
  }

  #drawReply(reply) {
    const element = this.element.querySelector(".reply");
    element.hidden = !reply;
    if (!reply) return;
    const name = element.querySelector(".reply__name");
    const sender = shownSender(reply);
    name.textContent = sender?.is_bot ? sender.name : `${sender?.name ?? gettext("Someone")}:`;
    drawBotBadge(name, sender);
    element.querySelector(".reply__text").textContent = reply.excerpt || gettext("a deleted message");
  }

  #drawBody(message, me) {
    const { html, body: text, deleted_at: deletedAt, isDeleting, edited_at: editedAt, mentions_groups: groups } = message;
    if (!this.#hasNewContent("body", html, text, deletedAt, isDeleting, editedAt, groups)) return;
    const body = this.element.querySelector(".msg__body");
    drawMessageBody(body, message);
    markMentions(body, message, me);
    this.#hasRoomLinks = Boolean(html?.includes(`="${location.origin}/rooms/`));
    if (editedAt && !deletedAt) lastLine(body).append(" ", editedMark(message));
  }

  #drawNote({ state, note, uploads }, isLive) {
    const isLost = uploads?.every((upload) => upload.state !== "failed"); // the files must be selected again
    if (!this.#hasNewContent("note", state, note, isLost, state !== "failed" && isLive)) return;
    const element = this.element.querySelector(".msg__note");
    const discard = () => actionButton("discard", gettext("Discard"));
    element.hidden = !state;
    if (state === "failed") {
      const text = gettext("Couldn’t send: %(reason)s", { reason: note });
      const [retry, rewrite] = [actionButton("retry", gettext("Try again")), actionButton("rewrite", gettext("Edit"))];
      element.replaceChildren(text, " ", ...(isLost ? [] : [retry, " · "]), rewrite, " · ", discard());
    } else if (state === "uploading") {
      element.replaceChildren(gettext("Will be sent when the upload finishes."), " ", actionButton("rewrite", gettext("Cancel sending")));
    } else if (note) element.replaceChildren(gettext("%(reason)s It will be sent automatically.", { reason: note }), " ", discard());
    else if (state) element.textContent = isLive ? gettext("Sending…") : gettext("Not sent yet. Will send when you’re back online.");
  }
}

function unreadText(count) {
  return count < MOST_UNREAD ? ngettext("%(count)s new", "%(count)s new", count) : gettext("99+ new");
}

/** Returns the number of replies and the time of the last one. */
function threadText(thread) {
  const time = (isToday(thread.last_at) ? formatTime : formatShortDateTime)(thread.last_at);
  if (thread.replies >= MOST_COUNTED) return gettext("%(count)s+ replies · last at %(time)s", { count: formatNumber(MOST_COUNTED), time });
  return ngettext("%(count)s reply · %(time)s", "%(count)s replies · last at %(time)s", thread.replies, { time });
}

function actionButton(action, text) {
  const button = Object.assign(document.createElement("button"), { type: "button", className: "plain", textContent: text });
  button.dataset.action = action;
  return button;
}

/** Returns a link to the earlier texts. */
function editedMark({ id, edited_at: at }) {
  const title = gettext("Edited %(time)s. Show earlier versions.", { time: formatDateTime(at) });
  const [className, href] = ["note is-edited", editHistoryPath(id)];
  return Object.assign(document.createElement("a"), { className, href, title, textContent: gettext("edited") });
}

/** Returns the last paragraph, or the body if the text doesn't end with a paragraph. */
function lastLine(body) {
  return body.lastElementChild?.matches("p") ? body.lastElementChild : body;
}
