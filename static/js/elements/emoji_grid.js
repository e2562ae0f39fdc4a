/** The grid of emoji in the picker: sections that are drawn as they come near or when the browser is idle, and moved in with arrow keys. */

const NEAR = "300px"; // below or above what is in view
const whenIdle = globalThis.requestIdleCallback ?? setTimeout;

export class EmojiGrid {
  #element;
  #observer;
  #sections = []; // {key, title, items, element}, drawn or not
  #columns = 1;

  /** `element` has the role "grid". Emits "emoji-choose" and "emoji-hover" (the emoji in view of the focus or pointer), with {item}. */
  constructor(element) {
    this.#element = element;
    this.#observer = new IntersectionObserver((entries) => this.#drawNear(entries), { root: element, rootMargin: NEAR });
    element.addEventListener("click", ({ target }) => this.#emit("emoji-choose", target));
    for (const name of ["pointerover", "focusin"]) element.addEventListener(name, ({ target }) => this.#emit("emoji-hover", target));
    element.addEventListener("keydown", (event) => this.#handleKey(event));
  }

  /** Shows sections of [{key, title, items: [{emoji, name, title}]}], from the beginning. */
  show(sections) {
    this.#observer.disconnect();
    this.#columns = Math.max(1, Math.floor(this.#element.clientWidth / this.#cellSize));
    this.#element.style.setProperty("--columns", this.#columns);
    this.#sections = sections.map((section) => ({ ...section, element: this.#createSection(section) }));
    this.#element.replaceChildren(...this.#sections.map(({ element }) => element));
    this.#element.scrollTop = 0;
    if (this.#sections.length) this.#draw(this.#sections[0]);
    this.#activate(this.#first);
    for (const { element } of this.#sections) this.#observer.observe(element);
    whenIdle(() => this.#drawRest(this.#sections));
  }

  /** Moves the focus to the emoji that had it last, or else the first. */
  focus() {
    this.#element.querySelector("[tabindex='0']")?.focus();
  }

  scrollTo(key) {
    const section = this.#sections.find((each) => each.key === key);
    if (!section) return;
    this.#draw(section);
    this.#activate(section.element.querySelector("[role=gridcell]"));
    this.#element.scrollTop += section.element.getBoundingClientRect().top - this.#element.getBoundingClientRect().top;
  }

  /** The key of the section at the top. */
  get currentKey() {
    const top = this.#element.getBoundingClientRect().top + 1;
    return this.#sections.findLast(({ element }) => element.getBoundingClientRect().top <= top)?.key;
  }

  get firstItem() {
    return this.#itemOf(this.#first);
  }

  get #first() {
    return this.#element.querySelector("[role=gridcell]");
  }

  get #cellSize() {
    const size = getComputedStyle(this.#element).getPropertyValue("--cell"); // in rem
    return parseFloat(size) * parseFloat(getComputedStyle(document.documentElement).fontSize);
  }

  #createSection({ title, items }) {
    const section = document.createElement("div");
    section.className = "emoji-grid__section";
    section.style.setProperty("--rows", Math.ceil(items.length / this.#columns));
    const heading = Object.assign(document.createElement("h3"), { textContent: title });
    heading.role = "presentation";
    section.append(heading);
    return section;
  }

  #drawNear(entries) {
    const near = new Set(entries.filter(({ isIntersecting }) => isIntersecting).map(({ target }) => target));
    for (const section of this.#sections) if (near.has(section.element)) this.#draw(section);
  }

  /** One at a time, unless others are shown by then. Only what is drawn can be read by a screen reader. */
  #drawRest(sections) {
    const next = sections.find(({ element }) => !isDrawn(element));
    if (!next || sections !== this.#sections || !next.element.isConnected) return;
    this.#draw(next);
    whenIdle(() => this.#drawRest(sections));
  }

  #draw({ element, title, items }) {
    if (isDrawn(element)) return;
    element.role = "rowgroup";
    element.setAttribute("aria-label", title);
    const rows = [];
    for (let start = 0; start < items.length; start += this.#columns) {
      const row = document.createElement("div");
      row.role = "row";
      row.append(...items.slice(start, start + this.#columns).map(createCell));
      rows.push(row);
    }
    element.append(...rows);
  }

  #itemOf(cell) {
    const section = this.#sections.find(({ element }) => element.contains(cell));
    return section?.items[[...section.element.querySelectorAll("[role=gridcell]")].indexOf(cell)];
  }

  #emit(name, target) {
    const cell = target.closest("[role=gridcell]");
    if (cell) this.#element.dispatchEvent(new CustomEvent(name, { detail: { item: this.#itemOf(cell) } }));
  }

  #activate(cell) {
    for (const each of this.#element.querySelectorAll("[tabindex='0']")) each.tabIndex = -1;
    if (cell) cell.tabIndex = 0;
  }

  #handleKey(event) {
    const cell = event.target.closest("[role=gridcell]");
    const next = cell && this.#neighbor(cell, event);
    if (!next) return;
    event.preventDefault();
    this.#activate(next);
    next.focus();
  }

  #neighbor(cell, { key, ctrlKey, altKey, metaKey }) {
    if (altKey || metaKey) return null;
    this.#drawAround(cell, ctrlKey && key === "End");
    const cells = [...this.#element.querySelectorAll("[role=gridcell]")];
    const rows = [...this.#element.querySelectorAll("[role=row]")];
    const [row, index] = [cell.parentElement, cells.indexOf(cell)];
    const inRow = (step) => cellAt(rows[rows.indexOf(row) + step], [...row.children].indexOf(cell));
    const forward = getComputedStyle(this.#element).direction === "rtl" ? -1 : 1;
    const targets = {
      ArrowRight: () => cells[index + forward],
      ArrowLeft: () => cells[index - forward],
      ArrowDown: () => inRow(1),
      ArrowUp: () => inRow(-1),
      Home: () => (ctrlKey ? cells[0] : row.firstElementChild),
      End: () => (ctrlKey ? cells.at(-1) : row.lastElementChild),
    };
    return targets[key]?.();
  }

  /** Draws the sections before and after that of the cell, or all of them. */
  #drawAround(cell, isAll) {
    const current = this.#sections.findIndex(({ element }) => element.contains(cell));
    this.#sections.forEach((section, index) => (isAll || Math.abs(index - current) <= 1) && this.#draw(section));
  }
}

function isDrawn(section) {
  return Boolean(section.role);
}

function createCell({ emoji, name, title }) {
  const cell = document.createElement("button");
  Object.assign(cell, { type: "button", tabIndex: -1, textContent: emoji, title });
  cell.role = "gridcell";
  cell.setAttribute("aria-label", name);
  return cell;
}

function cellAt(row, column) {
  return row?.children[Math.min(column, row.children.length - 1)];
}
