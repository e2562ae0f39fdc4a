/** The mentions in the text of a message: buttons that open the person's card, and links to groups. */

import { gettext } from "chatsite/i18n.js";

/** Marks the mentions. `me`: the id of this user, whose own mentions, and those of their groups, are marked differently. */
export function markMentions(element, { mentions_groups: groups = [] }, me) {
  for (const mention of element.querySelectorAll("[data-mention]")) {
    const id = Number(mention.dataset.mention);
    const isMine = id === me;
    mention.classList.add("mention");
    mention.classList.toggle("is-mine", isMine || !id); // @room and @here mention everyone
    if (id) Object.assign(mention, { role: "button", tabIndex: 0 });
    if (isMine) mention.ariaLabel = gettext("%(name)s (you)", { name: mention.textContent });
  }
  const own = new Set(groups.filter(({ users }) => users.includes(me)).map(({ id }) => String(id)));
  for (const link of element.querySelectorAll("a[data-group]")) {
    link.classList.add("mention");
    link.classList.toggle("is-mine", own.has(link.dataset.group));
    if (own.has(link.dataset.group)) link.ariaLabel = gettext("%(name)s (you’re in this group)", { name: link.textContent });
  }
}

/** Calls `open({id, username})` when a mention of a person in the log is chosen. */
export function watchMentions(log, open) {
  const choose = (event) => {
    const mention = event.target.closest?.("[data-mention]");
    if (!mention || !Number(mention.dataset.mention)) return;
    event.preventDefault();
    open({ id: Number(mention.dataset.mention), username: mention.textContent.slice(1) });
  };
  log.addEventListener("click", choose);
  log.addEventListener("keydown", (event) => (event.key === "Enter" || event.key === " ") && choose(event));
}
