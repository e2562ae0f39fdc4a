/** Asks before a message or an edit notifies many people, which may be a mistake. */

import { confirmEveryone, notifiesMany, possibleGroups } from "chatsite/elements/everyone_question.js";
import { loadModule } from "chatsite/net/module_loader.js";

/** Messages and edits are for a `place` ({room, members}), such as a conversation, where `members` is the number of them. */
export class MassMentions {
  #people;

  constructor({ people }) {
    this.#people = people;
  }

  /** Returns whether a text may notify many people. Only the server knows how many are in a group. */
  mayNotify(body, { members }) {
    return notifiesMany(body, members) || this.#groupsIn(body, members).length > 0;
  }

  /** Resolves with whether it is to be sent. `earlier`: the edited message, whose own mentions need no question. */
  async confirm(body, { room, members }, earlier = {}) {
    if (!earlier.mentions_all && notifiesMany(body, members)) return confirmEveryone(body, members);
    const groups = earlier.mentions_groups?.length ? [] : this.#groupsIn(body, members);
    if (!groups.length) return true;
    const question = await loadModule("chatsite/controllers/group_question.js").catch(() => null);
    return question ? question.confirmGroups(groups, room) : true;
  }

  #groupsIn(body, members) {
    return possibleGroups(body, { members, isPerson: (name) => this.#people.hasUsername(name) });
  }
}
