/** Adds and removes the user's reactions, and shows who reacted. */

import { gettext } from "chatsite/i18n.js";
import { isOwnReaction, toggleReaction } from "chatsite/model/reactions.js";
import { loadModule } from "chatsite/net/module_loader.js";
import { noteEmoji } from "chatsite/store/frequent_emoji.js";

const HOVER_DELAY = 300; // in milliseconds, before the names are shown

export class Reactions {
  #conversations;
  #people;
  #socket;
  #redraw;
  #showPerson;

  constructor({ log, conversations, people, socket, redraw, showPerson }) {
    this.#conversations = conversations;
    this.#people = people;
    this.#socket = socket;
    this.#redraw = redraw;
    this.#showPerson = showPerson;
    this.watch(log);
  }

  /** Shows who reacted to the messages of a log. */
  watch(log) {
    watchNames(log, () => this.#people.me.id);
  }

  /** Lets the user pick an emoji. `anchor` is the element beside which the picker opens. */
  async pick(message, anchor) {
    const { pickEmoji } = await loadModule("chatsite/elements/emoji_picker.js");
    const emoji = await pickEmoji({ anchor, label: gettext("Add reaction") });
    if (emoji && !this.#isOwn(message, emoji)) await this.#toggle(message, emoji);
  }

  /** Adds the user's reaction or, if it is there, removes it. */
  async toggle(message, emoji) {
    if (!this.#isOwn(message, emoji)) noteEmoji(emoji);
    await this.#toggle(message, emoji);
  }

  async showPeople(message) {
    const { showReactions } = await loadModule("chatsite/elements/reaction_people.js");
    const person = await showReactions(message);
    if (!person) return;
    this.#people.upsert(person);
    this.#showPerson(person);
  }

  #isOwn({ reactions }, emoji) {
    const found = reactions.find((each) => each.emoji === emoji);
    return Boolean(found && isOwnReaction(found, this.#people.me.id));
  }

  /** Shows the result at once, and takes it back if the server refuses it. */
  async #toggle(message, emoji) {
    const { id, room, version, reactions } = message;
    const type = this.#isOwn(message, emoji) ? "reaction.remove" : "reaction.add";
    const show = (shown) => {
      const current = this.#conversations.get(room)?.timeline.get(id);
      if (current?.version !== version) return; // changed in the meantime
      current.reactions = shown;
      this.#redraw();
    };
    const sending = this.#socket.send(type, { message: id, emoji });
    if (this.#socket.state === "live") show(toggleReaction(reactions, emoji, this.#people.me.id));
    try {
      await sending;
    } catch (error) {
      show(reactions);
      throw error;
    }
  }
}

/** Shows who reacted while the mouse or the focus is on a reaction. */
function watchNames(log, me) {
  let timer = null;
  let target = null;
  const hide = async () => {
    clearTimeout(timer);
    if (!target) return;
    target = null;
    (await loadModule("chatsite/elements/reaction_people.js").catch(() => null))?.hideNames();
  };
  const show = (button, delay) => {
    if (button === target) return;
    hide();
    target = button;
    const message = log.messageAt(button);
    timer = setTimeout(async () => {
      const module = await loadModule("chatsite/elements/reaction_people.js").catch(() => null);
      module?.showNames(button, message, { me: me(), isStillThere: () => target === button });
    }, delay);
  };
  const reactionAt = (element) => element.closest?.(".reaction[data-emoji]");
  log.addEventListener("pointerover", (event) => {
    if (event.pointerType !== "mouse") return;
    const button = reactionAt(event.target);
    if (button) show(button, HOVER_DELAY);
    else if (!target?.matches(":focus-visible")) hide();
  });
  log.addEventListener("pointerleave", hide);
  log.addEventListener("focusin", (event) => {
    const button = reactionAt(event.target);
    if (button?.matches(":focus-visible")) show(button, 0);
    else hide();
  });
  log.addEventListener("focusout", hide);
  log.addEventListener("scroll", hide, { capture: true, passive: true });
  log.addEventListener("keydown", (event) => event.key === "Escape" && hide(), { capture: true });
}
