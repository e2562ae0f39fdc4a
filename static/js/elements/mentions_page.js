/** <mentions-page>: the list of the user's mentions, which loads more as they scroll. It works without this script. */

import { ResultList } from "chatsite/elements/result_list.js";
import { gettext } from "chatsite/i18n.js";

class MentionsPage extends HTMLElement {
  #list;

  connectedCallback() {
    const describe = (reason) => gettext("Couldn’t load your mentions. %(reason)s", { reason });
    this.#list ??= new ResultList(this.querySelector(".search-results"), { describe });
    this.#list.connect();
    this.#list.restore();
  }

  disconnectedCallback() {
    this.#list.disconnect();
  }
}

customElements.define("mentions-page", MentionsPage);
