/** Puts what another app has shared with the installed one into the composer of a conversation that the user chooses. */

import { DestinationPicker } from "chatsite/controllers/destination_picker.js";
import { attempt } from "chatsite/elements/dialogs.js";
import { gettext } from "chatsite/i18n.js";
import { takeShared } from "chatsite/store/shared_content.js";

/** `places`: see destination_picker.js. `openRoom(target)` resolves when the room is open. */
export async function receiveShared({ places, limit, openRoom, composer, attachments, conversations }) {
  history.replaceState(null, "", location.pathname);
  const shared = await takeShared();
  if (!shared) return;
  const body = textOf(shared).slice(0, limit);
  const put = async (room) => {
    await openRoom({ room: room.id });
    if (conversations.current?.room !== room.id) return; // a notice says why
    if (body) composer.restoreDraft({ body, replyTo: null });
    for (const file of shared.files) await attachments.addFile(file, composer);
    composer.focus();
  };
  new DestinationPicker({ ...places, choose: (room) => attempt(() => put(room)) }).open(gettext("Share with a room or person"));
}

/** Apps repeat the address in the text. */
function textOf({ title, text, url }) {
  return [title, text, text.includes(url) ? "" : url].filter(Boolean).join("\n");
}
