/** Shows reminders that are due, in all tabs of the user, until they are dismissed in one of them. */

import { notify, UNTIL_DISMISSED } from "chatsite/elements/notices.js";
import { reminderNoticePath, roomPath } from "chatsite/format/paths.js";
import { shownSender } from "chatsite/format/senders.js";
import { gettext } from "chatsite/i18n.js";
import { getJson, remove } from "chatsite/net/http.js";

export class Reminders {
  /** {reminder, notice} by the ids of messages. */
  #shown = new Map();

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
    this.#shown.get(message)?.notice.remove();
    this.#shown.delete(message);
  }

  closeWhere(condition) {
    for (const [message, { reminder }] of [...this.#shown]) if (condition(reminder)) this.close(message);
  }

  /** Removes notices of messages that the user may not see anymore. */
  refresh() {
    return this.load(this.#shown.size);
  }

  /** Shows what is due after the page has connected, of which `count` is the number, and nothing else. */
  async load(count) {
    if (!count) return this.closeWhere(() => true);
    const { reminders } = await getJson("/saved/reminders/");
    const due = new Set(reminders.map(({ message }) => message));
    this.closeWhere(({ message }) => !due.has(message));
    for (const reminder of reminders.reverse()) this.show(reminder);
  }

  /** Without a connection, the notice comes back with it. */
  #dismiss(message) {
    this.#shown.delete(message);
    remove(reminderNoticePath(message)).catch(() => {});
  }
}

function textOf(reminder) {
  const { excerpt } = reminder;
  const { name } = shownSender(reminder);
  return excerpt ? gettext("Reminder: “%(excerpt)s” from %(name)s", { name, excerpt }) : gettext("Reminder: a message from %(name)s", { name });
}
