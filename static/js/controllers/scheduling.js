/** Schedules messages from the menu beside “Send”, and shows what is scheduled: in the room, in the sidebar and on its page. */

import { attempt } from "chatsite/elements/dialogs.js";
import { confirmEveryone, notifiesMany } from "chatsite/elements/everyone_question.js";
import { notify, UNTIL_DISMISSED } from "chatsite/elements/notices.js";
import { formatDateTime, formatTime } from "chatsite/format/dates.js";
import { roomSchedulePath, SCHEDULED_PATH } from "chatsite/format/paths.js";
import { uuid } from "chatsite/format/uuid.js";
import { gettext, ngettext } from "chatsite/i18n.js";
import { ScheduledMessages } from "chatsite/model/scheduled_messages.js";
import { post } from "chatsite/net/http.js";
import { loadModule } from "chatsite/net/module_loader.js";

const COMMAND = /^\/[a-z]+(?:\s|$)/iu;
const MORNING = new Date(2000, 0, 1, 9);
const SUNDAY = 0;
const BUSY_PAUSE = 200; // in milliseconds

export class Scheduling {
  #conversations;
  #openPage;
  #scheduled = new ScheduledMessages();
  #line = document.querySelector(".scheduled-line");
  #link = document.querySelector("[data-scheduled]");
  /** The `client_id` of a message and its content, for when the same is tried again. */
  #attempted = { key: "", id: "" };
  #notice = null;
  #reloading;

  /** `scheduled`: the messages that the page was loaded with. `openPage(url)` opens a page in the panel. */
  constructor({ composer, conversations, drafts, socket, scheduled, openPage }) {
    this.#conversations = conversations;
    this.#openPage = openPage;
    this.watch(composer, { get: () => conversations.current, draftsOf: ({ room }) => ({ drafts, key: room }) });
    this.#scheduled.addEventListener("change", () => this.#draw());
    conversations.addEventListener("opened", () => this.#draw());
    socket.addEventListener("event", ({ detail: event }) => this[event.type]?.(event));
    this.#scheduled.replace(scheduled);
  }

  /**
   * Schedules what is written in a composer. `get()` returns the place that it is for (see `MassMentions`), `draftsOf(place)` the drafts
   * with the message, {drafts, key}, for when it isn't in the composer anymore. `quote(replyTo)` returns the message to reply to.
   */
  watch(composer, { quote = (replyTo) => replyTo, ...place }) {
    const menu = composer.querySelector(".composer__schedule");
    menu.addEventListener("click", ({ target }) => {
      drawTimes(menu);
      this.#handleClick(target.closest("button"), { composer, quote, ...place });
    });
    drawTimes(menu);
  }

  welcome = ({ scheduled }) => this.#scheduled.replace(scheduled);
  "message.posted" = ({ message }) => this.#scheduled.remove(message.client_id);
  "room.changes" = ({ messages }) => messages.forEach((message) => this.#scheduled.remove(message.client_id));

  "scheduled.changed"({ scheduled, problem }) {
    const wasRefused = this.#scheduled.isRefused(scheduled.client_id);
    this.#scheduled.set(scheduled);
    if (scheduled.is_refused && !wasRefused) this.#showProblem(problem ?? gettext("The room was deleted."));
    this.#reloadList();
  }

  "scheduled.removed"({ client_id: id }) {
    this.#scheduled.remove(id);
    const row = document.querySelector(`.scheduled[data-client-id="${id}"]`);
    if (row && row.parentElement.childElementCount > 1) row.remove();
    else if (row) this.#reloadList();
  }

  /** Loads the list again if it is open, after what is being loaded there. */
  #reloadList() {
    clearTimeout(this.#reloading);
    if (location.pathname !== SCHEDULED_PATH) return;
    if (!document.querySelector(".panel__body[aria-busy=true]")) this.#openPage(location.href);
    else this.#reloading = setTimeout(() => this.#reloadList(), BUSY_PAUSE);
  }

  #handleClick(button, source) {
    const { when } = button?.dataset ?? {};
    if (!when) return;
    const message = messageIn(source);
    if (!message) return;
    attempt(async () => {
      if (!(await isAgreed(message, source.get()))) return;
      if (when === "at") await this.#askForTime(message);
      else await this.#schedule(message, { when });
    });
  }

  async #askForTime(message) {
    const { askForTime } = await loadModule("chatsite/elements/schedule_dialog.js");
    await askForTime((at) => this.#schedule(message, { when: "at", at }));
  }

  async #schedule(message, time) {
    const { room, body, replyTo, clear } = message;
    const fields = { body, ...time, client_id: this.#idOf(room, body, replyTo) };
    if (replyTo) fields.reply_to = replyTo.id;
    const { scheduled } = await (await post(roomSchedulePath(room), fields)).json();
    this.#attempted = { key: "", id: "" };
    this.#scheduled.set(scheduled);
    clear();
    const text = gettext("Message scheduled for %(time)s.", { time: formatDateTime(scheduled.post_at) });
    notify(text, "", { action: { text: gettext("View"), href: SCHEDULED_PATH } });
  }

  /** Returns the id of the message, which is the same again if the response was lost. */
  #idOf(room, body, replyTo) {
    const key = JSON.stringify([room, body, replyTo?.id]);
    if (key !== this.#attempted.key) this.#attempted = { key, id: uuid() };
    return this.#attempted.id;
  }

  #showProblem(reason) {
    const count = this.#scheduled.refused;
    const text =
      count > 1
        ? ngettext("%(count)s scheduled message couldn’t be sent.", "%(count)s scheduled messages couldn’t be sent.", count)
        : gettext("A scheduled message couldn’t be sent: %(reason)s", { reason });
    this.#notice?.remove();
    this.#notice = notify(text, "is-error", { duration: UNTIL_DISMISSED, action: { text: gettext("View"), href: SCHEDULED_PATH } });
  }

  #draw() {
    const count = this.#scheduled.inRoom(this.#conversations.current?.room);
    this.#line.hidden = !count;
    this.#line.querySelector("span").textContent = ngettext("%(count)s scheduled message", "%(count)s scheduled messages", count);
    this.#link.hidden = !this.#scheduled.count;
    this.#link.querySelector(".row__total").textContent = this.#scheduled.count || "";
    this.#link.classList.toggle("is-refused", this.#scheduled.refused > 0);
  }
}

/** Asks before a message that mentions everyone in a room with many members. */
function isAgreed({ body }, { members }) {
  return !notifiesMany(body, members) || confirmEveryone(body, members, gettext("Schedule"));
}

/** Returns the message to schedule, {room, body, replyTo, clear}, or null if there is none, after saying why. */
function messageIn({ composer, get, quote, draftsOf }) {
  const { body, replyTo, files, isHeld, excess } = composer.outgoing;
  const place = get();
  let problem = "";
  if (files || isHeld) problem = gettext("Messages with files can’t be scheduled. Remove the files, or send the message now.");
  else if (!body) problem = gettext("Write a message first, then choose when to send it.");
  else if (excess > 0) problem = gettext("This message is too long to be scheduled. Shorten it first.");
  else if (COMMAND.test(body)) problem = gettext("Commands can’t be scheduled. To schedule this as a message, start with a space.");
  if (problem) notify(problem, "is-warning");
  if (problem) return null;
  const clear = () => (composer.isConnected && place.room === get()?.room ? composer.finish(body) : discardDraft(draftsOf(place), body));
  return { room: place.room, body, replyTo: quote(replyTo), clear };
}

function discardDraft({ drafts, key }, body) {
  drafts.discardSent(key, { body });
}

function drawTimes(menu) {
  const time = formatTime(MORNING);
  menu.querySelector("[data-when=tomorrow]").textContent = gettext("Tomorrow at %(time)s", { time });
  const monday = menu.querySelector("[data-when=monday]");
  monday.textContent = gettext("Monday at %(time)s", { time });
  monday.parentElement.hidden = new Date().getDay() === SUNDAY; // the same as tomorrow
}
