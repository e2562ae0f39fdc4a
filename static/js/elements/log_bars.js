/** The bars above and below the visible messages: the unread count, and the button that jumps to the latest message. */

import { formatShortDateTime, formatTime, isToday } from "chatsite/format/dates.js";
import { gettext, ngettext } from "chatsite/i18n.js";

export class LogBars {
  #unreadBar;
  #latestButton;
  /** The number of the last message when the end was last in view. */
  #readSeq = 0;
  /** Whether the end has not been in view since the room was opened. */
  #isCatchingUp = false;

  /** `jump()` jumps to the latest message, `markRead()` marks all as read. */
  constructor({ unreadBar, latestButton, jump, markRead }) {
    this.#unreadBar = unreadBar;
    this.#latestButton = latestButton;
    latestButton.addEventListener("click", jump);
    unreadBar.querySelector('[data-action="latest"]').addEventListener("click", jump);
    unreadBar.querySelector('[data-action="read"]').addEventListener("click", markRead);
  }

  get isUnreadShown() {
    return !this.#unreadBar.hidden;
  }

  /** Forgets what was read, because another room is drawn next. */
  reset() {
    this.#readSeq = 0;
  }

  /** Must be called once an opened room is scrolled to where the user stopped reading. */
  start({ isAtBottom }) {
    this.#isCatchingUp = !isAtBottom;
  }

  /** `isFar`: whether the end is more than the height of the view away. For the rest, see `MessageLog.draw`. */
  draw(entries, context, { isAtBottom, isFar }) {
    this.#isCatchingUp &&= !isAtBottom;
    this.#drawUnread(entries, context);
    this.#drawButton(entries, context, { isAtBottom, isFar });
  }

  /** Shows how many messages are unread, and since when, until the end has been in view. */
  #drawUnread(entries, { unread = 0 }) {
    const line = entries.find(({ kind }) => kind === "new");
    this.#unreadBar.toggleAttribute("hidden", !this.#isCatchingUp || !unread || !line);
    if (this.#unreadBar.hidden) return;
    const time = (isToday(line.at) ? formatTime : formatShortDateTime)(line.at);
    const text = ngettext("%(count)s new message since %(time)s", "%(count)s new messages since %(time)s", unread, { time });
    this.#unreadBar.firstElementChild.textContent = text;
  }

  #drawButton(entries, { me, hasNewer, unread = 0, readSeq = 0 }, { isAtBottom, isFar }) {
    const messages = entries.filter((entry) => entry.kind === "message" && entry.message.seq);
    if (isAtBottom || hasNewer || !this.#readSeq) this.#readSeq = messages.at(-1)?.message.seq ?? 0;
    const seenSeq = Math.max(this.#readSeq, readSeq); // messages loaded after those around an older one may be read
    const isBelow = ({ message }) => message.seq > seenSeq && message.sender.id !== me;
    const below = hasNewer ? unread : messages.filter(isBelow).length;
    const isNeeded = hasNewer || (!isAtBottom && (below || isFar));
    this.#latestButton.toggleAttribute("hidden", this.isUnreadShown || !isNeeded);
    this.#latestButton.classList.toggle("is-new", below > 0);
    const text = below ? ngettext("%(count)s new message", "%(count)s new messages", below) : gettext("Jump to latest");
    const label = this.#latestButton.firstElementChild;
    if (label.textContent !== text) label.textContent = text;
  }
}
