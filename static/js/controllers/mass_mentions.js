/** Asks before a message or an edit notifies many people, which may be a mistake. */

import { confirmEveryone, notifiesMany, possibleGroups } from "chatsite/elements/everyone_question.js";
import { loadModule } from "chatsite/net/module_loader.js";

export class MassMentions {
  #conversations;
  #people;

  constructor({ conversations, people }) {
    this.#conversations = conversations;
    this.#people = people;
  }

  /** Returns whether a text may notify many people in the open room. Only the server knows how many are in a group. */
  mayNotify(body) {
    return notifiesMany(body, this.#conversations) || this.#groupsIn(body).length > 0;
  }

  /** Resolves with whether it is to be sent. `earlier`: the edited message, whose own mentions need no question. */
  async confirm(body, earlier = {}) {
    const { current } = this.#conversations;
    if (!earlier.mentions_all && notifiesMany(body, this.#conversations)) return confirmEveryone(body, current.members);
    const groups = earlier.mentions_groups?.length ? [] : this.#groupsIn(body);
    if (!groups.length) return true;
    const question = await loadModule("chatsite/controllers/group_question.js").catch(() => null);
    return question ? question.confirmGroups(groups, current.room) : true;
  }

  #groupsIn(body) {
    const { current } = this.#conversations;
    return possibleGroups(body, { current, isPerson: (name) => this.#people.hasUsername(name) });
  }
}
