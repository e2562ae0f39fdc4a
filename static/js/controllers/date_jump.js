/** Jumps to the first message of a day. */

import { attempt } from "chatsite/elements/dialogs.js";
import { notify } from "chatsite/elements/notices.js";
import { firstMessagePath } from "chatsite/format/paths.js";
import { gettext } from "chatsite/i18n.js";
import { getJson } from "chatsite/net/http.js";
import { loadModule } from "chatsite/net/module_loader.js";

export function watchDateJump({ log, conversations, openRoom }) {
  const ask = async () => {
    const room = conversations.current?.room;
    if (!room) return;
    const { askForDate } = await loadModule("chatsite/elements/date_dialog.js");
    const since = await askForDate(log.topTime);
    if (since) await jump(room, since);
  };
  const jump = async (room, since) => {
    const { seq } = await getJson(firstMessagePath(room, since));
    if (conversations.current?.room !== room) return;
    if (!seq) notify(gettext("There are no messages from that day or later."));
    await openRoom(seq ? { room, around: seq, push: false } : { room, latest: true });
  };
  log.addEventListener("log-date", () => attempt(ask));
  document.querySelector('#room-menu [data-action="date"]').addEventListener("click", () => attempt(ask));
}
