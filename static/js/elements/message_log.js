/** <message-log>: the conversation. Draws entries, keeps its place while they change, asks for more at its ends. */

import { dayLabel, formatDateTime } from "chatsite/format/dates.js";
import { clone } from "chatsite/elements/templates.js";
import { MessageView } from "chatsite/elements/message_view.js";

const AT_BOTTOM = 40;
const NEAR_END = 700;

/** Tells by bubbling events: "log-older", "log-newer", "log-latest" (wanted), "log-seen" (the bottom came into view). */
export class ChatLog extends HTMLElement {
  #scroll;
  #list;
  #down;
  #nodes = new Map();
  #views = new WeakMap();
  #context = {};
  #entries = [];
  #stuck = true;
  #seenSeq = 0;
  #turn = false;

  connectedCallback() {
    this.#scroll = this.querySelector(".log__scroll");
    this.#list = this.querySelector(".log__list");
    this.#down = this.querySelector(".log__down");
    this.#scroll.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    this.#down.addEventListener("click", () => this.#wantLatest());
    this.#list.addEventListener("keydown", (event) => this.#walk(event));
    // Pictures that load, a composer that grows: whoever reads the end stays at the end.
    const sizes = new ResizeObserver(() => this.#stuck && this.toBottom());
    sizes.observe(this.#list);
    sizes.observe(this.#scroll);
  }

  get atBottom() {
    return this.#stuck;
  }

  /** The message drawn by this element or around it. */
  messageAt(element) {
    return this.#views.get(element.closest?.(".msg"))?.message;
  }

  elementOf(messageId) {
    return this.#list.querySelector(`[data-id="${messageId}"]`);
  }

  /** Another room: nothing of the old one stays, and a screen reader is not read the whole of the new. */
  start() {
    this.#list.setAttribute("aria-live", "off");
    this.#list.replaceChildren();
    this.#nodes.clear();
    this.#stuck = true;
    this.#seenSeq = 0;
    this.#turn = true;
  }

  /** `context`: {me, isLive, hasOlder, hasNewer, edge, linkTo(message)} */
  draw(entries, context) {
    this.#context = context;
    this.#entries = entries;
    this.#stuck &&= !context.hasNewer;
    const keep = this.#stuck ? null : this.#anchor();
    this.#reconcile(entries);
    this.#edge(entries);
    if (this.#turn) this.#settle();
    else if (this.#stuck) this.toBottom();
    else if (keep) this.#restore(keep);
    this.#countBelow();
    this.#wantMore();
  }

  toBottom() {
    this.#scroll.scrollTop = this.#scroll.scrollHeight;
    this.#stuck = true;
  }

  /** Brings a message into view and shows for a moment which one it is. False where it is not drawn. */
  jumpTo(messageId, { flash = true, focus = true } = {}) {
    const element = this.elementOf(messageId);
    if (!element) return false;
    this.#stuck = false;
    element.scrollIntoView({ block: "center" });
    this.#focusable(element);
    if (focus) element.focus({ preventScroll: true });
    if (flash) {
      element.classList.add("is-highlighted");
      element.addEventListener("animationend", () => element.classList.remove("is-highlighted"), { once: true });
    }
    return true;
  }

  #reconcile(entries) {
    const wanted = new Set(entries.map(({ key }) => key));
    for (const [key, node] of this.#nodes) if (!wanted.has(key)) this.#forget(key, node);
    let place = this.#list.firstElementChild;
    for (const entry of entries) {
      const node = this.#nodeOf(entry);
      if (node === place) place = place.nextElementSibling;
      else this.#list.insertBefore(node, place);
    }
    if (!this.#list.contains(document.activeElement)) this.#focusable([...this.#list.querySelectorAll(".msg")].at(-1));
  }

  #nodeOf(entry) {
    let node = this.#nodes.get(entry.key);
    if (!node) {
      node = entry.kind === "message" ? this.#newMessage() : clone("log-line");
      this.#nodes.set(entry.key, node);
    }
    if (entry.kind === "message") this.#views.get(node).show(entry, { ...this.#context, link: this.#context.linkTo(entry.message) });
    else showLine(node, entry);
    return node;
  }

  #newMessage() {
    const view = new MessageView();
    this.#views.set(view.element, view);
    view.element.tabIndex = -1;
    return view.element;
  }

  #forget(key, node) {
    this.#nodes.delete(key);
    node.remove();
  }

  #edge(entries) {
    const edge = this.querySelector('[data-edge="start"]');
    edge.hidden = this.#context.hasOlder;
    edge.textContent = this.#context.edge;
    edge.classList.toggle("is-empty", !entries.length);
  }

  /** Where a room opens: at the line of what is new, or else at its end. */
  #settle() {
    this.#turn = false;
    const line = this.#nodes.get("new");
    this.toBottom();
    if (line) this.#scroll.scrollTop = Math.min(this.#scroll.scrollTop, line.offsetTop - this.#scroll.clientHeight / 4);
    this.#stuck = this.#isAtEnd();
    requestAnimationFrame(() => this.#list.setAttribute("aria-live", "polite"));
  }

  #anchor() {
    const top = this.#scroll.getBoundingClientRect().top;
    const node = [...this.#list.children].find((child) => child.matches(".msg") && child.getBoundingClientRect().bottom > top);
    return node && { node, offset: node.getBoundingClientRect().top };
  }

  #restore({ node, offset }) {
    if (node.isConnected) this.#scroll.scrollTop += node.getBoundingClientRect().top - offset;
  }

  #distance() {
    return this.#scroll.scrollHeight - this.#scroll.scrollTop - this.#scroll.clientHeight;
  }

  #isAtEnd() {
    return this.#distance() < AT_BOTTOM && !this.#context.hasNewer;
  }

  #scrolled() {
    this.#stuck = this.#isAtEnd();
    this.#countBelow();
    this.#wantMore();
  }

  #wantMore() {
    if (this.#context.hasOlder && this.#scroll.scrollTop < NEAR_END) this.#tell("log-older");
    if (this.#context.hasNewer && this.#distance() < NEAR_END) this.#tell("log-newer");
    if (this.#stuck) this.#tell("log-seen");
  }

  #wantLatest() {
    if (this.#context.hasNewer) this.#tell("log-latest");
    else this.toBottom();
  }

  #countBelow() {
    const messages = this.#entries.filter((entry) => entry.kind === "message" && entry.message.seq);
    // Far back in the history 'new' means nothing: all that follows is.
    if (this.#stuck || this.#context.hasNewer || !this.#seenSeq) this.#seenSeq = messages.at(-1)?.message.seq ?? 0;
    const below = messages.filter(({ message }) => message.seq > this.#seenSeq && message.sender.id !== this.#context.me).length;
    const far = this.#distance() > this.#scroll.clientHeight;
    this.#down.hidden = !this.#context.hasNewer && (this.#stuck || (!below && !far));
    this.#down.classList.toggle("is-new", below > 0);
    this.#down.firstElementChild.textContent = below ? `${below} new ${below === 1 ? "message" : "messages"}` : "Jump to latest";
  }

  /** One message is a tab stop; the arrow keys go from message to message. */
  #walk(event) {
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (!step || !event.target.matches(".msg") || event.altKey) return;
    event.preventDefault();
    const all = [...this.#list.querySelectorAll(".msg")];
    const next = all[all.indexOf(event.target) + step];
    this.#focusable(next);
    next?.focus();
  }

  #focusable(element) {
    if (!element) return;
    for (const other of this.#list.querySelectorAll('.msg[tabindex="0"]')) other.tabIndex = -1;
    element.tabIndex = 0;
  }

  #tell(name) {
    this.dispatchEvent(new Event(name, { bubbles: true }));
  }
}

function showLine(node, { kind, at }) {
  node.classList.toggle("is-new", kind === "new");
  const time = node.querySelector("time");
  const text = kind === "new" ? "New messages" : dayLabel(at);
  if (time.textContent === text) return;
  time.dateTime = at;
  time.title = formatDateTime(at);
  time.textContent = text;
}

customElements.define("message-log", ChatLog);
