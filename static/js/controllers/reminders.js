/** Shows reminders that are due, in all tabs of the user, until they are dismissed in one of them. */

import { notify, UNTIL_DISMISSED } from "chatsite/elements/notices.js";
import { reminderNoticePath, roomPath } from "chatsite/format/paths.js";
import { shownSender } from "chatsite/format/senders.js";
import { gettext } from "chatsite/i18n.js";
import { getJson, remove } from "chatsite/net/http.js";

export class Reminders {
  /** {reminder, notice} by the ids of messages. */
  #shown = new Map();
  /** For each request for the list, the conditions of `closeWhere` since it was sent. */
  #missed = new Set();

  show(reminder) {
    const { message, room, seq } = reminder;
    if (this.#shown.has(message)) return;
    const dismiss = () => this.#dismiss(message);
    const action = { text: gettext("Show message"), href: roomPath(room, seq), run: dismiss };
    const notice = notify(textOf(reminder), "is-reminder", { duration: UNTIL_DISMISSED, action, onEnd: dismiss });
    this.#shown.set(message, { reminder, notice });
  }

  /** Removes the notice of a message, because it was dismissed in another tab, or the message isn't visible anymore. */
  close(message) {
    this.closeWhere((reminder) => reminder.message === message);
  }

  closeWhere(condition) {
    for (const missed of this.#missed) missed.push(condition);
    for (const { reminder } of [...this.#shown.values()]) if (condition(reminder)) this.#remove(reminder.message);
  }

  /** Removes notices of messages that the user may not see anymore. */
  refresh() {
    return this.load(this.#shown.size);
  }

  /** Shows what is due after the page has connected, of which `count` is the number, and nothing else. */
  async load(count) {
    if (!count) return this.closeWhere(() => true);
    const [before, missed] = [[...this.#shown.keys()], []];
    this.#missed.add(missed);
    const { reminders } = await getJson("/saved/reminders/").finally(() => this.#missed.delete(missed));
    const due = new Set(reminders.map(({ message }) => message));
    for (const message of before) if (!due.has(message)) this.#remove(message);
    for (const reminder of reminders.reverse()) if (!missed.some((condition) => condition(reminder))) this.show(reminder);
  }

  #remove(message) {
    this.#shown.get(message)?.notice.remove();
    this.#shown.delete(message);
  }

  /** Without a connection, the notice comes back with it. */
  #dismiss(message) {
    this.close(message);
    remove(reminderNoticePath(message)).catch(() => {});
  }
}

function textOf(reminder) {
  const { excerpt } = reminder;
  const { name } = shownSender(reminder);
  return excerpt ? gettext("Reminder: “%(excerpt)s” from %(name)s", { name, excerpt }) : gettext("Reminder: a message from %(name)s", { name });
}
