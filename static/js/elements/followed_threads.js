/** <followed-threads>: the list of the threads that the user follows, which loads more as they scroll. It works without this script. */

import { ResultList } from "chatsite/elements/result_list.js";
import { gettext } from "chatsite/i18n.js";

class FollowedThreads extends HTMLElement {
  #list;

  connectedCallback() {
    const describe = (reason) => gettext("Couldn’t load your threads. %(reason)s", { reason });
    this.#list ??= new ResultList(this.querySelector(".search-results"), { describe });
    this.#list.connect();
    this.#list.start();
  }

  disconnectedCallback() {
    this.#list.disconnect();
  }
}

customElements.define("followed-threads", FollowedThreads);
