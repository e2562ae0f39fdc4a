/** One message on the page: fills its template, and changes only what differs. */

import { formatDateTime, formatTime } from "chatsite/format/dates.js";
import { clone } from "chatsite/elements/templates.js";
import { fillFace } from "chatsite/elements/avatar.js";
import { showFiles } from "chatsite/elements/attachment_loader.js";
import { showMessageHtml } from "chatsite/elements/server_html.js";

export class MessageView {
  element = clone("log-message");
  #shown = null;
  #first = null;
  #state = null;

  get message() {
    return this.#shown;
  }

  /** `link` is the message's own address, or null while it has none. */
  show({ message, first }, { me, link, isLive }) {
    const { sender, reply_to: reply } = message;
    const people = `${sender.name} ${sender.avatar} ${reply?.sender?.name}`;
    const state = `${message.version} ${people} ${reply?.excerpt} ${message.state} ${message.note} ${message.state && isLive}`;
    const same = this.#state === state && this.#first === first;
    this.#shown = message;
    if (same) return;
    this.#state = state;
    this.#first = first;
    this.#mark(message, first, me);
    this.#say(message, first, link);
    this.#quote(message.reply_to);
    if (this.element.classList.contains("is-editing")) {
      this.#state = null; // what came meanwhile is drawn when the editor is gone
      return;
    }
    this.#fill(message);
    showFiles(this.element.querySelector(".msg__files"), message);
    this.element.querySelector(".msg__pin").hidden = !message.pinned_at;
    this.#note(message, isLive);
  }

  #mark(message, first, me) {
    const { element } = this;
    element.dataset.seq = message.seq ?? "";
    element.dataset.id = message.id ?? "";
    element.classList.toggle("is-first", first);
    element.classList.toggle("is-mine", message.sender.id === me);
    element.classList.toggle("is-pending", message.state === "waiting");
    element.classList.toggle("is-failed", message.state === "failed");
    element.classList.toggle("is-deleted", Boolean(message.deleted_at));
  }

  #say(message, first, link) {
    const find = (selector) => this.element.querySelector(selector);
    if (first) fillFace(find(".avatar"), message.sender);
    find(".msg__name").textContent = message.sender.name;
    for (const time of [find(".msg__time"), find(".msg__at")]) {
      time.dateTime = message.at;
      time.title = formatDateTime(message.at);
      time.textContent = formatTime(message.at);
    }
    find(".msg__time").replaceChildren(link ? anchor(link, formatTime(message.at)) : formatTime(message.at));
  }

  #quote(reply) {
    const quote = this.element.querySelector(".reply");
    quote.hidden = !reply;
    if (!reply) return;
    quote.querySelector(".reply__name").textContent = `${reply.sender?.name ?? "Someone"}:`;
    quote.querySelector(".reply__text").textContent = reply.excerpt || "a deleted message";
  }

  #fill(message) {
    const body = this.element.querySelector(".msg__body");
    if (message.deleted_at) body.replaceChildren(words("Message deleted"));
    else if (message.html) showMessageHtml(body, message.html);
    else body.replaceChildren(words(message.body ?? ""));
    for (const wide of body.querySelectorAll("pre, table")) wide.tabIndex = 0; // scrolls sideways: by keyboard too
    if (message.edited_at && !message.deleted_at) lastLine(body).append(" ", editedMark(message.edited_at));
  }

  #note(message, isLive) {
    const note = this.element.querySelector(".msg__note");
    note.hidden = !message.state;
    if (message.state === "failed")
      note.replaceChildren(`Couldn’t send: ${message.note} `, act("retry", "Try again"), " · ", act("discard", "Discard"));
    else if (message.note) note.replaceChildren(`${message.note} It will be sent automatically. `, act("discard", "Discard"));
    else if (message.state) note.textContent = isLive ? "Sending…" : "Not sent yet. Will send when you’re back online.";
  }
}

function words(text) {
  const paragraph = document.createElement("p");
  paragraph.textContent = text;
  return paragraph;
}

function anchor(href, text) {
  const link = document.createElement("a");
  link.href = href;
  link.textContent = text;
  return link;
}

function act(action, text) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "plain";
  button.dataset.action = action;
  button.textContent = text;
  return button;
}

function editedMark(at) {
  const mark = document.createElement("span");
  mark.className = "note is-edited";
  mark.textContent = "edited";
  mark.title = formatDateTime(at);
  return mark;
}

/** The mark stands at the end of the text, not below it, where the text ends in a paragraph. */
function lastLine(body) {
  return body.lastElementChild?.matches("p") ? body.lastElementChild : body;
}
