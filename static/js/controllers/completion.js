/** Completes people, groups, rooms, emoji and commands in the fields for messages, from the page and from the server. */

import { isDrawable } from "chatsite/elements/emoji_support.js";
import { FieldCompletion } from "chatsite/elements/field_completion.js";
import { gettext, ngettext } from "chatsite/i18n.js";
import { GroupsSource, PeopleSource, RoomsSource } from "chatsite/model/completion_sources.js";
import { getJson } from "chatsite/net/http.js";
import { loadModule } from "chatsite/net/module_loader.js";
import { frequentEmoji, noteEmoji, skinTone } from "chatsite/store/frequent_emoji.js";

const MAX = 8;
const MAX_GROUPS = 3;
const MAX_PREFERRED = 20;

export class Completion {
  #options;
  #rooms;
  #commands;
  #roomCommands;
  #emoji = null; // the module, once it is loaded

  constructor({ conversations, rooms, people, socket, slashCommands, roomCommands }) {
    const isOnline = () => socket.state === "live";
    this.#options = { conversations, rooms, people, isOnline };
    this.#commands = slashCommands;
    this.#roomCommands = roomCommands;
    this.#rooms = new RoomsSource({ isOnline, fetch: getJson, rooms: () => [...rooms] });
  }

  /** Completes what is typed in the field from now on, and what was typed last. */
  watch(field) {
    const names = this.#namesFor(field);
    const sources = {
      "@": { find: (query) => this.#findNames(query, names), load: (query) => loadNames(query, names) },
      "#": { find: (query) => this.#findRooms(query), load: (query) => this.#rooms.load(query) },
      ":": { find: (query) => this.#findEmoji(query), load: () => this.#loadEmoji() },
      "/": {
        find: (query) => this.#findCommands(field, query, names.room()),
        load: () => this.#roomCommands.load(names.room()),
      },
    };
    new FieldCompletion(field, { sources, emojiOf: (code) => this.#emojiOf(code) }).update();
  }

  /** Returns the sources of people and groups for a field, which may be in a thread of another room than the one that is open. */
  #namesFor(field) {
    const { conversations, people, isOnline } = this.#options;
    const room = () => Number(field.closest("message-thread")?.dataset.room) || conversations.current?.room;
    const recent = () => recentSenders(conversations.get(room())?.timeline.messages ?? [], people);
    const options = { room, isOnline, fetch: getJson };
    return {
      room,
      people: new PeopleSource({ ...options, recent, isBlocked: (person) => people.isBlocked(person) }),
      groups: new GroupsSource(options),
    };
  }

  /** People come before groups, except for a group whose name has been typed in full. */
  #findNames(query, names) {
    const { people, isFinal } = names.people.find(query);
    const { groups, isFinal: hasGroups } = names.groups.find(query);
    const isDirect = this.#options.rooms.get(names.room())?.kind === "direct";
    const everyone = isDirect ? [] : everyoneCompletions().filter(({ name }) => name.startsWith(query.toLowerCase()));
    const typed = groups.filter(({ name }) => name.toLowerCase() === query.trim().toLowerCase());
    const others = groups.filter((group) => !typed.includes(group)).slice(0, MAX_GROUPS - typed.length);
    const left = MAX - everyone.length - typed.length - others.length;
    const completions = [
      ...typed.map(groupCompletion),
      ...people.slice(0, left).map(personCompletion),
      ...others.map(groupCompletion),
      ...everyone,
    ];
    return { completions, isFinal: isFinal && hasGroups };
  }

  #findRooms(query) {
    const { rooms, isFinal } = this.#rooms.find(query);
    return { completions: rooms.slice(0, MAX).map(roomCompletion), isFinal };
  }

  #findEmoji(query) {
    if (!this.#emoji) return { completions: [], isFinal: false };
    const found = this.#emoji.findEmoji(query, { limit: 2 * MAX, preferred: frequentEmoji(MAX_PREFERRED) });
    const completions = found.filter(isDrawable).slice(0, MAX).map((entry) => this.#emojiCompletion(entry));
    return { completions, isFinal: true };
  }

  #emojiCompletion(entry) {
    const emoji = this.#emoji.withTone(entry, skinTone());
    return { text: emoji, sign: emoji, label: `:${entry.codes[0]}:`, detail: entry.name, chosen: () => noteEmoji(emoji) };
  }

  async #loadEmoji() {
    this.#emoji ??= await loadModule("chatsite/model/emoji.js");
  }

  async #emojiOf(code) {
    await this.#loadEmoji();
    const entry = this.#emoji.emojiOfCode(code);
    if (!entry) return undefined;
    const emoji = this.#emoji.withTone(entry, skinTone());
    noteEmoji(emoji);
    return emoji;
  }

  /** An edited message can't become a command. Those of the room come first, as it has few of them, if any. */
  #findCommands(field, query, room) {
    if (!field.closest("message-composer")) return { completions: [], isFinal: true };
    const added = this.#roomCommands.known(room);
    const isMeant = ({ name }) => name.startsWith(query.toLowerCase());
    const completions = [...(added ?? []).map(addedCommand), ...this.#commands.names.map(ownCommand)].filter(isMeant);
    return { completions: completions.map(commandCompletion), isFinal: Boolean(added) || !this.#options.isOnline() };
  }
}

/** Each kind is shown if the other can't be loaded. */
async function loadNames(query, { people, groups }) {
  await Promise.allSettled([people.load(query), groups.load(query)]);
}

function recentSenders(messages, people) {
  const ids = new Set(messages.map(({ sender }) => sender.id).reverse());
  ids.delete(people.me.id);
  return [...ids].map((id) => people.get(id));
}

function personCompletion(person) {
  const { username, name, is_member: isMember } = person;
  const note = isMember === false ? gettext("Not in this room") : "";
  return { text: `@${username} `, label: name, detail: `@${username}`, note, person };
}

function groupCompletion({ name, title, people }) {
  const note = ngettext("%(count)s person in this room", "%(count)s people in this room", people);
  return { text: `@${name} `, sign: "@", label: title, detail: `@${name}`, note };
}

function everyoneCompletions() {
  const details = { room: gettext("Notify everyone in this room"), here: gettext("Notify everyone online") };
  return Object.entries(details).map(([name, detail]) => ({ name, text: `@${name} `, sign: "@", label: `@${name}`, detail }));
}

function roomCompletion({ slug, name, topic, role }) {
  return { text: `#${slug} `, sign: "#", label: name, detail: topic, note: role ? "" : gettext("You’re not in this room") };
}

function addedCommand({ name, description, argument_hint: argument }) {
  return { name, argument, detail: description };
}

function ownCommand(name) {
  return { name, ...commandTexts()[name] };
}

function commandCompletion({ name, argument, detail }) {
  return { text: argument ? `/${name} ` : `/${name}`, label: [`/${name}`, argument].filter(Boolean).join(" "), detail };
}

function commandTexts() {
  const argument = gettext("name");
  return {
    who: { detail: gettext("See who’s online") },
    help: { detail: gettext("Show help with formatting and commands") },
    block: { argument, detail: gettext("Hide everything from someone") },
    unblock: { argument, detail: gettext("Show someone’s messages again") },
    mute: { argument, detail: gettext("Don’t count someone’s messages as unread") },
    unmute: { argument, detail: gettext("Count someone’s messages again") },
  };
}
