/** Where the log is scrolled to: which rows are in view, and how they stay there while others change. */

const ROW_HEIGHT = 24; // in pixels, of the lowest row

export class LogPosition {
  #scroll;
  #list;

  constructor(scroll, list) {
    this.#scroll = scroll;
    this.#list = list;
  }

  /** The position of the view's upper edge in the log. */
  get top() {
    return this.#scroll.scrollTop;
  }

  get distanceToEnd() {
    return this.#scroll.scrollHeight - this.#scroll.scrollTop - this.#scroll.clientHeight;
  }

  /** The number of rows that end above the view. */
  get rowsAbove() {
    return this.#countAbove(this.top);
  }

  /** The number of rows that end above the view or in it. */
  get rowsSeen() {
    return this.#countAbove(this.top + this.#scroll.clientHeight + 1);
  }

  /** Returns which of the entries, {from, to}, fill the view of a room that is opened, or null if all are needed. */
  partInView(entries) {
    const count = Math.ceil(this.#scroll.clientHeight / ROW_HEIGHT) + 1;
    const line = entries.findIndex(({ kind }) => kind === "new");
    const [from, to] = line < 0 ? [entries.length - count, entries.length] : [line - Math.ceil(count / 3), line + count];
    return from > 0 || to < entries.length ? { from: Math.max(0, from), to: Math.min(to, entries.length) } : null;
  }

  /** Calls `change()` without moving `element` in the view. */
  keep(element, change) {
    const offset = element.getBoundingClientRect().top;
    change();
    this.restore({ node: element, offset });
  }

  /** Returns the topmost message in view and its place, for `restore`. */
  anchor() {
    const top = this.#scroll.getBoundingClientRect().top;
    const node = [...this.#list.children].find((child) => child.matches(".msg") && child.getBoundingClientRect().bottom > top);
    return node && { node, offset: node.getBoundingClientRect().top };
  }

  restore({ node, offset }) {
    if (node.isConnected) this.#scroll.scrollTop += node.getBoundingClientRect().top - offset;
  }

  #countAbove(position) {
    const nodes = this.#list.children;
    let [low, high] = [0, nodes.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (nodes[middle].offsetTop + nodes[middle].offsetHeight <= position) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
