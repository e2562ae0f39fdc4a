/** <message-log>: the messages of a conversation. Keeps the scroll position when they change, and loads more at both ends. */

import { DayMarker } from "chatsite/elements/day_marker.js";
import { LogPosition } from "chatsite/elements/log_position.js";
import { MessageFocus } from "chatsite/elements/message_focus.js";
import { MessageFolds } from "chatsite/elements/message_folds.js";
import { MessageView } from "chatsite/elements/message_view.js";
import { clone } from "chatsite/elements/templates.js";
import { dayLabel, formatDateTime, formatShortDateTime, formatTime, isToday } from "chatsite/format/dates.js";
import { gettext, ngettext } from "chatsite/i18n.js";

// In pixels.
const BOTTOM_DISTANCE = 40;
const LOAD_DISTANCE = 700;

const MAX_KEPT_ROOMS = 20;
const MAX_KEPT_ROWS = 80; // of each of them

/**
 * Emits bubbling events: "log-older", "log-newer" and "log-latest" to load messages, "log-date" to jump to a date, "log-seen" when
 * other messages may be in view, "log-drawn", "log-read" to mark all messages as read, and "log-leave" when Escape is pressed.
 */
export class MessageLog extends HTMLElement {
  #scroll;
  #list;
  #latestButton;
  #unreadBar;
  #dayMarker;
  #position;
  #focus;
  #folds;
  #nodes = new Map();
  /** The nodes of rooms that were open before, by room, the last one at the end. */
  #kept = new Map();
  #room = null;
  #views = new WeakMap();
  #context = {};
  #entries = [];
  #isAtBottom = true;
  #readSeq = 0;
  #isOpening = false;
  /** Whether the end has not been in view since the room was opened. */
  #isCatchingUp = false;
  #isSeenPlanned = false;

  connectedCallback() {
    this.#scroll = this.querySelector(".log__scroll");
    this.#list = this.querySelector(".log__list");
    this.#latestButton = this.querySelector(".log__down");
    this.#unreadBar = this.querySelector(".log__unread");
    this.#position = new LogPosition(this.#scroll, this.#list);
    this.#scroll.addEventListener("scroll", () => this.#handleScroll(), { passive: true });
    this.#latestButton.addEventListener("click", () => this.#jumpToLatest());
    this.#unreadBar.querySelector('[data-action="latest"]').addEventListener("click", () => this.#jumpToLatest());
    this.#unreadBar.querySelector('[data-action="read"]').addEventListener("click", () => this.#emit("log-read"));
    const dayButton = this.querySelector(".log__day");
    this.#dayMarker = new DayMarker(dayButton);
    dayButton.addEventListener("click", () => this.#emit("log-date"));
    this.#focus = new MessageFocus({ list: this.#list, scroll: this.#scroll, leave: () => this.#emit("log-leave") });
    this.#folds = new MessageFolds({ list: this.#list, keepPlace: (element, change) => this.#keepPlace(element, change) });
    // When images load or the composer grows, the end must stay in view.
    const sizes = new ResizeObserver(() => this.#isAtBottom && this.scrollToBottom());
    sizes.observe(this.#list);
    sizes.observe(this.#scroll);
    this.#watchWidth();
  }

  get isAtBottom() {
    return this.#isAtBottom;
  }

  /** The number of the last message whose end is in view, or 0. */
  get seenSeq() {
    const nodes = this.#list.children;
    let index = this.#position.rowsSeen;
    while (index > 0 && !nodes[index - 1].dataset.seq) index -= 1;
    return index ? Number(nodes[index - 1].dataset.seq) : 0;
  }

  /** The time of the topmost message in view, or null. */
  get topTime() {
    return this.#dayMarker.at;
  }

  /** Returns the message that this element belongs to. */
  messageAt(element) {
    return this.#views.get(element.closest?.(".msg"))?.message;
  }

  elementOf(messageId) {
    return this.#list.querySelector(`[data-id="${messageId}"]`);
  }

  /**
   * Prepares for drawing a room, or no room if null. Puts back the messages that were drawn when it was last open, because that
   * takes a fraction of the time, and stops screen readers from announcing all of them.
   */
  reset(room) {
    const { clientWidth } = this.#scroll;
    this.#list.setAttribute("aria-live", "off");
    this.#keepNodes(clientWidth);
    this.#room = room;
    const { nodes, width } = this.#kept.get(room) ?? { nodes: new Map() };
    this.#kept.delete(room);
    this.#nodes = nodes;
    this.#list.replaceChildren(...nodes.values());
    if (width !== clientWidth) this.#measureFolds();
    this.#isAtBottom = true;
    this.#readSeq = 0;
    this.#isOpening = true;
  }

  /**
   * `context`: {me, isLive, hasOlder, hasNewer, unread, beginning, linkTo(message)}. `unread` is the number of unread messages,
   * `beginning` the text above the first message.
   */
  draw(entries, context) {
    this.#context = context;
    this.#entries = entries;
    this.#isAtBottom &&= !context.hasNewer;
    const anchor = this.#isAtBottom ? null : this.#position.anchor();
    this.#reconcile(entries);
    this.#folds.measure();
    this.#drawBeginning(entries);
    if (this.#isOpening) this.#scrollToStart();
    else if (this.#isAtBottom) this.scrollToBottom();
    else if (anchor) this.#position.restore(anchor);
    this.#drawUnread();
    this.#drawDay();
    this.#updateButton();
    this.#loadMore();
    this.#emit("log-drawn");
  }

  scrollToBottom() {
    this.#scroll.scrollTop = this.#scroll.scrollHeight;
    this.#isAtBottom = true;
  }

  /** Scrolls to a message and highlights it briefly. Returns whether it is drawn. */
  jumpTo(messageId, { flash = true, focus = true } = {}) {
    const element = this.elementOf(messageId);
    if (!element) return false;
    this.#isAtBottom = false;
    this.#folds.unfold(element);
    element.scrollIntoView({ block: "center" });
    this.#focus.makeTabStop(element);
    if (focus) element.focus({ preventScroll: true });
    if (flash) {
      element.classList.add("is-highlighted");
      element.addEventListener("animationend", () => element.classList.remove("is-highlighted"), { once: true });
    }
    return true;
  }

  #keepNodes(width) {
    if (!this.#room) return;
    const keys = new Map([...this.#nodes].map(([key, node]) => [node, key]));
    const rows = [...this.#list.children].slice(-MAX_KEPT_ROWS).filter((row) => !row.querySelector("form")); // it is drawn from its draft
    this.#kept.set(this.#room, { nodes: new Map(rows.map((row) => [keys.get(row), row])), width });
    if (this.#kept.size > MAX_KEPT_ROOMS) this.#kept.delete(this.#kept.keys().next().value);
  }

  #reconcile(entries) {
    const keys = new Set(entries.map(({ key }) => key));
    for (const [key, node] of this.#nodes) if (!keys.has(key)) this.#remove(key, node);
    let next = this.#list.firstElementChild;
    for (const entry of entries) {
      const node = this.#nodeOf(entry);
      if (node === next) next = next.nextElementSibling;
      else this.#list.insertBefore(node, next);
    }
    if (!this.#focus.hasFocus) this.#focus.makeTabStop();
  }

  #nodeOf(entry) {
    let node = this.#nodes.get(entry.key);
    if (!node) {
      node = entry.kind === "message" ? this.#newMessage() : clone(entry.kind === "event" ? "log-event" : "log-line");
      this.#nodes.set(entry.key, node);
    }
    if (entry.kind === "message") this.#drawMessage(node, entry);
    else drawLine(node, entry, this.#context);
    return node;
  }

  #drawMessage(node, entry) {
    const hasChanged = this.#views.get(node).draw(entry, { ...this.#context, link: this.#context.linkTo(entry.message) });
    if (hasChanged) this.#folds.add(node);
  }

  #newMessage() {
    const view = new MessageView();
    this.#views.set(view.element, view);
    view.element.tabIndex = -1;
    return view.element;
  }

  #remove(key, node) {
    this.#nodes.delete(key);
    node.remove();
  }

  #drawBeginning(entries) {
    const element = this.querySelector(".log__beginning");
    element.toggleAttribute("hidden", this.#context.hasOlder); // unlike `hidden =`, which would restyle the log each time
    if (element.textContent !== this.#context.beginning) element.textContent = this.#context.beginning;
    const isEmpty = !entries.some(({ kind }) => kind === "message");
    element.classList.toggle("is-empty", isEmpty);
    this.#drawInvite(isEmpty ? this.#context.inviteUrl : null);
  }

  /** Shows the link for inviting people, which only the pages of those who may invite contain. */
  #drawInvite(url) {
    const element = this.querySelector(".log__invite");
    if (!element) return;
    element.toggleAttribute("hidden", !url);
    if (url) element.querySelector("a").href = url;
  }

  /** Scrolls to the "New messages" line or, if there is none, to the end. */
  #scrollToStart() {
    this.#isOpening = false;
    const line = this.#nodes.get("new");
    this.scrollToBottom();
    if (line) this.#scroll.scrollTop = Math.min(this.#scroll.scrollTop, line.offsetTop - this.#scroll.clientHeight / 4);
    this.#isAtBottom = this.#isEndInView();
    this.#isCatchingUp = !this.#isAtBottom;
    requestAnimationFrame(() => this.#list.setAttribute("aria-live", "polite"));
  }

  #keepPlace(element, change) {
    this.#position.keep(element, change);
    this.#handleScroll();
  }

  /** Text takes more lines in a narrower window. */
  #watchWidth() {
    let width = this.#scroll.clientWidth;
    const widths = new ResizeObserver(() => {
      if (width === this.#scroll.clientWidth) return;
      width = this.#scroll.clientWidth;
      this.#measureFolds();
      requestAnimationFrame(() => this.#folds.measure());
    });
    widths.observe(this.#scroll);
  }

  #measureFolds() {
    for (const message of this.#list.querySelectorAll(".msg")) this.#folds.add(message);
  }

  #isEndInView() {
    return this.#position.distanceToEnd < BOTTOM_DISTANCE && !this.#context.hasNewer;
  }

  #handleScroll() {
    this.#isAtBottom = this.#isEndInView();
    this.#drawUnread();
    this.#drawDay();
    this.#updateButton();
    this.#loadMore();
  }

  #loadMore() {
    if (this.#context.hasOlder && this.#scroll.scrollTop < LOAD_DISTANCE) this.#emit("log-older");
    if (this.#context.hasNewer && this.#position.distanceToEnd < LOAD_DISTANCE) this.#emit("log-newer");
    this.#planSeen();
  }

  /** Waits for the next frame, because the view may move before it: a room is opened, then scrolled to a message. */
  #planSeen() {
    if (this.#isSeenPlanned) return;
    this.#isSeenPlanned = true;
    requestAnimationFrame(() => {
      this.#isSeenPlanned = false;
      this.#emit("log-seen");
    });
  }

  #jumpToLatest() {
    if (this.#context.hasNewer) this.#emit("log-latest");
    else this.scrollToBottom();
  }

  /** Shows how many messages are unread, and since when, until the end has been in view. */
  #drawUnread() {
    this.#isCatchingUp &&= !this.#isAtBottom;
    const { unread = 0 } = this.#context;
    const line = this.#entries.find(({ kind }) => kind === "new");
    this.#unreadBar.toggleAttribute("hidden", !this.#isCatchingUp || !unread || !line);
    if (this.#unreadBar.hidden) return;
    const time = (isToday(line.at) ? formatTime : formatShortDateTime)(line.at);
    const text = ngettext("%(count)s new message since %(time)s", "%(count)s new messages since %(time)s", unread, { time });
    this.#unreadBar.firstElementChild.textContent = text;
  }

  #drawDay() {
    const { rowsAbove: index, top } = this.#position;
    this.#dayMarker.draw({ entries: this.#entries, nodes: this.#list.children, index, top, isCovered: !this.#unreadBar.hidden });
  }

  #updateButton() {
    const messages = this.#entries.filter((entry) => entry.kind === "message" && entry.message.seq);
    const { me, hasNewer, unread = 0 } = this.#context;
    if (this.#isAtBottom || hasNewer || !this.#readSeq) this.#readSeq = messages.at(-1)?.message.seq ?? 0;
    const isBelow = ({ message }) => message.seq > this.#readSeq && message.sender.id !== me;
    const below = hasNewer ? unread : messages.filter(isBelow).length;
    const far = this.#position.distanceToEnd > this.#scroll.clientHeight;
    const isNeeded = hasNewer || (!this.#isAtBottom && (below || far));
    this.#latestButton.toggleAttribute("hidden", !this.#unreadBar.hidden || !isNeeded);
    this.#latestButton.classList.toggle("is-new", below > 0);
    const text = below ? ngettext("%(count)s new message", "%(count)s new messages", below) : gettext("Jump to latest");
    const label = this.#latestButton.firstElementChild;
    if (label.textContent !== text) label.textContent = text;
  }

  #emit(name) {
    this.dispatchEvent(new Event(name, { bubbles: true }));
  }
}

function drawLine(node, { kind, at, seq, text = kind === "new" ? gettext("New messages") : dayLabel(at) }, { linkTo }) {
  node.classList.toggle("is-new", kind === "new");
  if (kind === "event") drawLink(node, seq && linkTo({ seq }));
  const time = node.querySelector("time");
  if (time.textContent === text) return;
  time.dateTime = at;
  time.title = formatDateTime(at);
  time.textContent = text;
}

/** Draws the link of a pinned message, or removes it once the message is deleted or its sender blocked. */
function drawLink(node, href) {
  const link = node.querySelector("a");
  if (Boolean(link) === Boolean(href)) return;
  if (link) return link.remove();
  node.append(" ", Object.assign(document.createElement("a"), { className: "room-event__link", href, textContent: gettext("Show message") }));
}

customElements.define("message-log", MessageLog);
