/** Removes a message from the saved ones, with a notice that can undo it. */

import { attempt } from "chatsite/elements/dialogs.js";
import { notifyUndoable } from "chatsite/elements/notices.js";
import { savedPath } from "chatsite/format/paths.js";
import { gettext } from "chatsite/i18n.js";
import { post, remove } from "chatsite/net/http.js";

/** `onUndone()` is called once the message is saved again. Rejects if it can't be removed. */
export async function removeSaved(message, { onUndone = () => {} } = {}) {
  const { restore } = await (await remove(savedPath(message))).json();
  if (!restore) return; // another tab was faster
  const undo = async () => {
    await post(savedPath(message), { restore });
    onUndone();
  };
  notifyUndoable(gettext("Removed from saved messages"), { undo: () => attempt(undo) });
}
