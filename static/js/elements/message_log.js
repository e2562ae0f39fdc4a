/** <message-log>: the messages of a conversation. Keeps the scroll position when they change, and loads more at both ends. */

import { DayMarker } from "chatsite/elements/day_marker.js";
import { LogBars } from "chatsite/elements/log_bars.js";
import { LogPosition } from "chatsite/elements/log_position.js";
import { LogRows } from "chatsite/elements/log_rows.js";
import { MessageFocus } from "chatsite/elements/message_focus.js";
import { MessageFolds } from "chatsite/elements/message_folds.js";

// In pixels.
const BOTTOM_DISTANCE = 40;
const LOAD_DISTANCE = 700;

/**
 * Emits bubbling events: "log-older", "log-newer" and "log-latest" to load messages, "log-date" to jump to a date, "log-seen" when
 * other messages may be in view, "log-drawn", "log-read" to mark all messages as read, and "log-leave" when Escape is pressed.
 */
export class MessageLog extends HTMLElement {
  #scroll;
  #list;
  #bars;
  #dayMarker;
  #position;
  #focus;
  #folds;
  #rows;
  #context = {};
  #entries = [];
  #isAtBottom = true;
  #isOpening = false;
  #isSeenPlanned = false;
  /** The arguments of the most recent call of `draw`: [entries, context]. */
  #latest = [[], {}];
  /** The entries that are drawn, {from, to}, until the first frame of a room has been painted. Then null: all of them. */
  #part = null;

  connectedCallback() {
    this.#scroll = this.querySelector(".log__scroll");
    this.#list = this.querySelector(".log__list");
    this.#position = new LogPosition(this.#scroll, this.#list);
    this.#scroll.addEventListener("scroll", () => this.#handleScroll(), { passive: true });
    this.#bars = new LogBars({
      unreadBar: this.querySelector(".log__unread"),
      latestButton: this.querySelector(".log__down"),
      jump: () => this.#jumpToLatest(),
      markRead: () => this.#emit("log-read"),
    });
    const dayButton = this.querySelector(".log__day");
    this.#dayMarker = new DayMarker(dayButton);
    dayButton.addEventListener("click", () => this.#emit("log-date"));
    this.#focus = new MessageFocus({ list: this.#list, scroll: this.#scroll, leave: () => this.#emit("log-leave") });
    this.#folds = new MessageFolds({ list: this.#list, keepPlace: (element, change) => this.#keepElement(element, change) });
    this.#rows = new LogRows({ list: this.#list, focus: this.#focus, folds: this.#folds });
    // When images load or the composer grows, the end must stay in view.
    const sizes = new ResizeObserver(() => this.#isAtBottom && this.scrollToBottom());
    sizes.observe(this.#list);
    sizes.observe(this.#scroll);
    this.#watchWidth();
  }

  /** Whether the bar above the messages shows how many are unread. */
  get isUnreadShown() {
    return this.#bars.isUnreadShown;
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

  /** Returns whether message number `seq` is in view. */
  isInView(seq) {
    const element = this.#list.querySelector(`[data-seq="${seq}"]`);
    if (!element || this.#part) return false;
    const [{ top, bottom }, view] = [element, this.#scroll].map((each) => each.getBoundingClientRect());
    return bottom > view.top && top < view.bottom;
  }

  /** Returns the message that this element belongs to. */
  messageAt(element) {
    return this.#rows.messageAt(element);
  }

  elementOf(messageId) {
    const selector = `[data-id="${messageId}"]`;
    if (this.#part && !this.#list.querySelector(selector)) this.#drawAll();
    return this.#list.querySelector(selector);
  }

  /** Prepares for drawing a room, or no room if null. Stops screen readers from announcing all of its messages. */
  reset(room) {
    this.#list.setAttribute("aria-live", "off");
    this.#rows.reset(room, this.#scroll.clientWidth);
    this.#bars.reset();
    this.#isAtBottom = true;
    this.#isOpening = true;
    this.#part = null;
  }

  /**
   * Draws the entries. When a room is opened, only those in view are drawn at first. `context`: {me, isLive, hasOlder, hasNewer,
   * unread, beginning, linkTo(message)}. `unread` is the number of unread messages, `beginning` the text above the first one.
   */
  draw(entries, context) {
    this.#latest = [entries, context];
    if (this.#part) return; // all are drawn after the next frame
    if (this.#isOpening) this.#part = this.#position.partInView(entries);
    const { from, to } = this.#part ?? { from: 0, to: entries.length };
    const hasNewer = context.hasNewer || to < entries.length;
    this.#context = { ...context, hasOlder: context.hasOlder || from > 0, hasNewer };
    this.#entries = entries.slice(from, to);
    this.#isAtBottom &&= !hasNewer;
    const anchor = this.#isAtBottom ? null : this.#position.anchor();
    this.#rows.draw(entries, this.#context, { from, to });
    this.#folds.measure();
    this.#drawBeginning(entries);
    if (this.#isOpening) this.#scrollToStart();
    else if (this.#isAtBottom) this.scrollToBottom();
    else if (anchor) this.#position.restore(anchor);
    this.#drawBars();
    this.#loadMore();
    this.#emit("log-drawn");
  }

  scrollToBottom() {
    this.#scroll.scrollTop = this.#scroll.scrollHeight;
    this.#isAtBottom = true;
  }

  /** Calls `change()`, after which the log may have another width, without moving the topmost message in view. */
  keepPlace(change) {
    const anchor = this.#isAtBottom ? null : this.#position.anchor();
    change();
    if (anchor) this.#position.restore(anchor);
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

  #drawAll() {
    this.#part = null;
    this.draw(...this.#latest);
    this.#handleScroll();
  }

  /** Draws all entries once the first ones have been painted, and then lets screen readers announce new ones. */
  #planCompletion() {
    const part = this.#part;
    requestAnimationFrame(() => {
      setTimeout(() => {
        if (part && part === this.#part) this.#drawAll();
        requestAnimationFrame(() => this.#part || this.#list.setAttribute("aria-live", "polite"));
      });
    });
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
    const line = this.#rows.get("new");
    this.scrollToBottom();
    if (line) this.#scroll.scrollTop = Math.min(this.#scroll.scrollTop, line.offsetTop - this.#scroll.clientHeight / 4);
    this.#isAtBottom = this.#isEndInView();
    this.#bars.start({ isAtBottom: this.#isAtBottom });
    this.#planCompletion();
  }

  #keepElement(element, change) {
    this.#position.keep(element, change);
    this.#handleScroll();
  }

  /** Text takes more lines in a narrower window. */
  #watchWidth() {
    let width = this.#scroll.clientWidth;
    const widths = new ResizeObserver(() => {
      if (width === this.#scroll.clientWidth) return;
      width = this.#scroll.clientWidth;
      this.#folds.addAll();
      requestAnimationFrame(() => this.keepPlace(() => this.#folds.measure()));
    });
    widths.observe(this.#scroll);
  }

  #isEndInView() {
    return this.#position.distanceToEnd < BOTTOM_DISTANCE && !this.#context.hasNewer;
  }

  #handleScroll() {
    this.#isAtBottom = this.#isEndInView();
    this.#drawBars();
    this.#loadMore();
  }

  #loadMore() {
    this.#planSeen();
    if (this.#part) return;
    if (this.#context.hasOlder && this.#scroll.scrollTop < LOAD_DISTANCE) this.#emit("log-older");
    if (this.#context.hasNewer && this.#position.distanceToEnd < LOAD_DISTANCE) this.#emit("log-newer");
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

  #drawBars() {
    const { distanceToEnd, rowsAbove: index, top } = this.#position;
    const isFar = distanceToEnd > this.#scroll.clientHeight;
    this.#bars.draw(this.#entries, this.#context, { isAtBottom: this.#isAtBottom, isFar });
    const rows = { entries: this.#entries, nodes: this.#list.children, index, top };
    this.#dayMarker.draw({ ...rows, isCovered: this.#bars.isUnreadShown });
  }

  #emit(name) {
    this.dispatchEvent(new Event(name, { bubbles: true }));
  }
}

customElements.define("message-log", MessageLog);
