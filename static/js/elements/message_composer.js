/** <message-composer>: where a message is written. Keeps the draft, the reply, the limit; sends on Enter. */

import { grow, isSend } from "chatsite/elements/textarea.js";
import { mergeDrafts } from "chatsite/store/drafts.js";
import { excerptOf } from "chatsite/format/excerpt.js";

const NEAR_LIMIT = 0.9;
const EXCERPT = 120;

/**
 * Tells by bubbling events: "composer-send" ({body, written: the same with its spaces, replyTo}; whoever prevents its default
 * sends it later, and it stays), "composer-draft" (likewise, at each change), "composer-typing", "composer-edit-last",
 * "composer-join".
 */
export class ChatComposer extends HTMLElement {
  limit = 8000;
  #field;
  #replyTo = null;
  #files = { count: 0, held: null };
  /** What was begun after the message that waits. */
  #aside = null;
  #isTyped = false;

  connectedCallback() {
    this.#field = this.querySelector("textarea");
    this.#field.addEventListener("input", () => {
      this.#isTyped = true;
      this.#typed();
    });
    this.#field.addEventListener("keydown", (event) => this.#key(event));
    this.querySelector("form").addEventListener("submit", (event) => this.#submit(event));
    this.addEventListener("click", ({ target }) => this.#act(target.closest("[data-action]")?.dataset.action));
  }

  /** A room's draft, and what its field says: {name, draft: {body, replyTo}, closed: sentence|null, canJoin}. */
  show({ name, draft, closed, canJoin }) {
    this.hidden = false;
    this.#field.placeholder = `Message ${name}`;
    this.#isTyped = false;
    this.files = { count: 0, held: null };
    this.close(closed, canJoin);
    this.#write(draft);
  }

  /** Where one may not write, the field gives way to a sentence that says why. */
  close(sentence, canJoin = false) {
    this.querySelector("form").hidden = Boolean(sentence);
    const closed = this.querySelector(".composer__closed");
    closed.hidden = !sentence;
    closed.querySelector("p").textContent = sentence ?? "";
    closed.querySelector("button").hidden = !canJoin;
  }

  /** How slowly one may write here. */
  set pace(sentence) {
    const pace = this.querySelector(".composer__slow-mode");
    if (pace.textContent !== sentence) pace.textContent = sentence;
  }

  /**
   * How many files go with the message, and which one ({body, replyTo}) waits for them already, if any: it is shown as it was
   * sent, and what else is begun comes back after it.
   */
  set files({ count, held }) {
    const before = this.#files.held;
    this.#files = { count, held };
    this.#field.readOnly = Boolean(held);
    if (held === before) return this.#offer();
    if (!before) this.#aside = held.body === this.#draft.body ? { body: "", replyTo: null } : this.#draft;
    this.#write(held ?? this.#aside);
  }

  /** Whether one can write here. */
  get isOpen() {
    return !this.hidden && !this.querySelector("form").hidden;
  }

  reply(message) {
    if (this.#files.held) return this.focus();
    const { id, seq, sender } = message;
    this.#quote({ id, seq, sender, excerpt: excerptOf(message, EXCERPT) });
    this.#tell("composer-draft");
    this.focus();
  }

  /** The quotation goes where `isBlocked(person)` is true of whom it quotes. */
  unquote(isBlocked) {
    if (!isBlocked(this.#replyTo?.sender)) return;
    this.#quote(null);
    if (!this.#files.held) this.#tell("composer-draft");
  }

  /** What waited is to be written on, before what was begun since. */
  restoreDraft(message) {
    const all = mergeDrafts(message, this.#files.held ? this.#aside : this.#draft);
    if (this.#files.held) this.#aside = all;
    else this.#write(all);
    this.#isTyped = true;
    this.#tell("composer-draft", all);
  }

  focus() {
    this.#field.focus();
  }

  get isEmpty() {
    return !this.#field.value.trim();
  }

  /** Whether somebody is writing here, and not only a draft is shown. */
  get isBegun() {
    return this.#isTyped && !this.isEmpty && !this.#files.held;
  }

  /** Sends what is written, if it can be sent. True where it is gone. */
  submit() {
    if (!this.#hasSomething || this.#files.held || this.#over() > 0 || !this.#tell("composer-send")) return false;
    this.#field.value = "";
    this.#quote(null);
    this.#typed();
    return true;
  }

  get #hasSomething() {
    return !this.isEmpty || this.#files.count > 0;
  }

  get #draft() {
    return { body: this.#field.value.trim(), written: this.#field.value, replyTo: this.#replyTo };
  }

  #write({ body, replyTo }) {
    this.#field.value = body;
    this.#quote(replyTo);
    this.#measure();
  }

  #typed() {
    this.#measure();
    this.#tell("composer-draft");
    if (!this.isEmpty) this.#tell("composer-typing");
  }

  #key(event) {
    if (isSend(event)) this.#submit(event);
    else if (event.key === "ArrowUp" && !event.altKey && !this.#field.value) {
      event.preventDefault();
      this.#tell("composer-edit-last");
    } else if (event.key === "Escape" && this.#replyTo) this.#act("unreply");
  }

  #submit(event) {
    event.preventDefault();
    if (this.submit()) this.focus();
  }

  #act(action) {
    if (action === "join") this.#tell("composer-join");
    if (action === "format") document.getElementById("formatting").showModal();
    if (action !== "unreply" || this.#files.held) return;
    this.#quote(null);
    this.#tell("composer-draft");
    this.focus();
  }

  #quote(replyTo) {
    this.#replyTo = replyTo;
    this.querySelector(".composer__reply").hidden = !replyTo;
    if (replyTo) this.querySelector(".composer__quote").textContent = `${replyTo.sender.name}: ${replyTo.excerpt}`;
  }

  #measure() {
    grow(this.#field);
    const over = this.#over();
    const near = this.#length() > this.limit * NEAR_LIMIT;
    const count = this.querySelector(".composer__count");
    count.textContent = over > 0 ? `${characters(over)} over the limit` : near ? `${characters(-over)} left` : "";
    count.classList.toggle("is-over", over > 0);
    this.#offer();
  }

  #offer() {
    this.querySelector(".composer__send").disabled = !this.#hasSomething || Boolean(this.#files.held) || this.#over() > 0;
  }

  /** The server counts characters, not UTF-16 halves. */
  #length() {
    return this.#field.value.length > this.limit / 2 ? [...this.#field.value.trim()].length : 0;
  }

  #over() {
    return this.#length() - this.limit;
  }

  #tell(name, detail = this.#draft) {
    return this.dispatchEvent(new CustomEvent(name, { bubbles: true, cancelable: true, detail }));
  }
}

function characters(count) {
  return count === 1 ? "1 character" : `${count} characters`;
}

customElements.define("message-composer", ChatComposer);
