/** Who is writing: telling the server of oneself sparingly, and forgetting others who fell silent. */

const TELL_EVERY = 3000;
const FORGET_AFTER = 5000;

export class TypingSender {
  #tell;
  #last = new Map();

  constructor(tell) {
    this.#tell = tell;
  }

  typed(room, now = Date.now()) {
    if (now - (this.#last.get(room) ?? Number.NEGATIVE_INFINITY) < TELL_EVERY) return;
    this.#last.set(room, now);
    this.#tell(room);
  }

  /** The post is out; the next letter is news again. */
  stopped(room) {
    this.#last.delete(room);
  }
}

/** Tells by a "change" event when somebody starts or falls silent. */
export class TypingIndicator extends EventTarget {
  #timers = new Map();

  add(room, person) {
    const key = `${room} ${person.id}`;
    clearTimeout(this.#timers.get(key)?.timer);
    const timer = setTimeout(() => this.remove(room, person.id), FORGET_AFTER);
    this.#timers.set(key, { room, person, timer });
    this.dispatchEvent(new Event("change"));
  }

  remove(room, personId) {
    const key = `${room} ${personId}`;
    clearTimeout(this.#timers.get(key)?.timer);
    if (this.#timers.delete(key)) this.dispatchEvent(new Event("change"));
  }

  removePerson(personId) {
    for (const { room, person } of [...this.#timers.values()]) if (person.id === personId) this.remove(room, personId);
  }

  inRoom(room) {
    return [...this.#timers.values()].filter((entry) => entry.room === room).map((entry) => entry.person);
  }
}

export function typingText(names) {
  if (names.length === 0) return "";
  if (names.length === 1) return `${names[0]} is typing…`;
  if (names.length === 2) return `${names[0]} and ${names[1]} are typing…`;
  if (names.length === 3) return `${names[0]}, ${names[1]} and ${names[2]} are typing…`;
  return "Several people are typing…";
}
