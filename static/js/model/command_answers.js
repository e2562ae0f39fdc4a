/** The answers of slash commands that only this user sees, until they are dismissed or the page is loaded again. */

const MAX = 50;

/** Emits "change". */
export class CommandAnswers extends EventTarget {
  #answers = [];

  /**
   * Adds an answer ({room, thread, run, at, node}), where `node` is the element that shows it, and `thread` an id or null.
   * With `replaces`, it takes the place of the earlier ones of its run.
   */
  add(answer, { replaces = false } = {}) {
    const place = replaces ? this.#answers.findIndex(({ run }) => run === answer.run) : -1;
    if (place < 0) {
      this.#answers = [...this.#answers, answer].slice(-MAX);
    } else {
      answer.at = this.#answers[place].at;
      const later = this.#answers.slice(place).filter(({ run }) => run !== answer.run);
      this.#answers = [...this.#answers.slice(0, place), answer, ...later];
    }
    this.dispatchEvent(new Event("change"));
  }

  /** Removes the answers of a run. */
  withdraw(run) {
    this.#answers = this.#answers.filter((each) => each.run !== run);
    this.dispatchEvent(new Event("change"));
  }

  remove(answer) {
    this.#answers = this.#answers.filter((each) => each !== answer);
    this.dispatchEvent(new Event("change"));
  }

  /** Returns a timeline's messages, with the answers in a room, or in a thread of it, as entries of the log at their times. */
  arrange(messages, { room, thread = null }, { first, last, hasOlder, hasNewer }) {
    const isLoaded = ({ at }) => !(hasOlder && isBefore(at, first?.at)) && !(hasNewer && !isBefore(at, last?.at));
    const answers = this.#answers.filter((each) => each.room === room && each.thread === thread && isLoaded(each));
    const items = [];
    let next = 0;
    for (const message of messages) {
      while (next < answers.length && isBefore(answers[next].at, message.at)) items.push(entryOf(answers[next++]));
      items.push(message);
    }
    return [...items, ...answers.slice(next).map(entryOf)];
  }
}

function isBefore(one, other) {
  return new Date(one) < new Date(other);
}

function entryOf({ key, at, node }) {
  return { key: `answer ${key}`, kind: "answer", at, node };
}
