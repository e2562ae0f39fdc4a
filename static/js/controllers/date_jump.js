/** Jumps to the first message of a day. */

import { askForDate } from "chatsite/elements/date_dialog.js";
import { attempt, notify } from "chatsite/elements/dialogs.js";
import { firstMessagePath } from "chatsite/format/paths.js";
import { gettext } from "chatsite/i18n.js";
import { getJson } from "chatsite/net/http.js";

export function watchDateJump({ log, conversations, openRoom }) {
  const ask = async () => {
    const room = conversations.current?.room;
    const since = room && (await askForDate(log.topTime));
    if (since) await attempt(() => jump(room, since));
  };
  const jump = async (room, since) => {
    const { seq } = await getJson(firstMessagePath(room, since));
    if (conversations.current?.room !== room) return;
    if (!seq) notify(gettext("There are no messages from that day or later."));
    await openRoom(seq ? { room, around: seq, push: false } : { room, latest: true });
  };
  log.addEventListener("log-date", ask);
  document.querySelector('#room-menu [data-action="date"]').addEventListener("click", ask);
}
