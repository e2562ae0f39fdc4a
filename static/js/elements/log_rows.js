/** The log's rows: an element for each entry, which stays the same while the entry does. */

import { MessageView } from "chatsite/elements/message_view.js";
import { clone } from "chatsite/elements/templates.js";
import { dayLabel, formatDateTime } from "chatsite/format/dates.js";
import { gettext } from "chatsite/i18n.js";

const MAX_KEPT_ROOMS = 20;
const MAX_KEPT_ROWS = 80; // of each of them

export class LogRows {
  #list;
  #focus;
  #folds;
  #nodes = new Map();
  /** The nodes of rooms that were open before, by room, the last one at the end. */
  #kept = new Map();
  #room = null;
  #hasNewWidth = false; // since the room was last open
  #views = new WeakMap();

  constructor({ list, focus, folds }) {
    this.#list = list;
    this.#focus = focus;
    this.#folds = folds;
  }

  /** Returns the row of the entry with this key. */
  get(key) {
    return this.#nodes.get(key);
  }

  /** Returns the message that this element belongs to. */
  messageAt(element) {
    return this.#views.get(element.closest?.(".msg"))?.message;
  }

  /**
   * Prepares for drawing a room, or no room if null. Rows that were drawn when it was last open are used again, because that takes a
   * fraction of the time. `width` is that of the log.
   */
  reset(room, width) {
    this.#keepNodes(width);
    this.#room = room;
    const kept = this.#kept.get(room) ?? { nodes: new Map() };
    this.#kept.delete(room);
    this.#nodes = kept.nodes;
    this.#hasNewWidth = kept.width !== width;
    this.#list.replaceChildren();
  }

  /** Draws the entries in this range. Rows of the others, which aren't in the log yet, remain for later. */
  draw(entries, context, { from, to }) {
    const keys = new Set(entries.map(({ key }) => key));
    for (const [key, node] of this.#nodes) if (!keys.has(key)) this.#remove(key, node);
    let next = this.#list.firstElementChild;
    for (const entry of entries.slice(from, to)) {
      const node = this.#drawRow(entry, context);
      if (node === next) next = next.nextElementSibling;
      else this.#insert(node, next);
    }
    if (!this.#focus.hasFocus) this.#focus.makeTabStop();
  }

  #insert(node, next) {
    this.#list.insertBefore(node, next);
    if (this.#hasNewWidth && node.matches(".msg")) this.#folds.add(node);
  }

  #keepNodes(width) {
    if (!this.#room) return;
    const keys = new Map([...this.#nodes].map(([key, node]) => [node, key]));
    const rows = [...this.#list.children].slice(-MAX_KEPT_ROWS).filter((row) => !row.querySelector("form")); // it is drawn from its draft
    this.#kept.set(this.#room, { nodes: new Map(rows.map((row) => [keys.get(row), row])), width });
    if (this.#kept.size > MAX_KEPT_ROOMS) this.#kept.delete(this.#kept.keys().next().value);
  }

  #drawRow(entry, context) {
    let node = this.#nodes.get(entry.key);
    if (entry.kind === "answer") {
      this.#nodes.set(entry.key, entry.node);
      return entry.node;
    }
    if (!node) {
      node = entry.kind === "message" ? this.#newMessage() : clone(entry.kind === "event" ? "log-event" : "log-line");
      this.#nodes.set(entry.key, node);
    }
    if (entry.kind === "message") this.#drawMessage(node, entry, context);
    else drawLine(node, entry, context);
    return node;
  }

  #drawMessage(node, entry, context) {
    const hasChanged = this.#views.get(node).draw(entry, { ...context, link: context.linkTo(entry.message) });
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
