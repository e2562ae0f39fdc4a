/** Removes what belongs to a room that this user has left or lost access to, and opens another one if it was open. */

export function watchLostRooms({ serverEvents, conversations, attachments, drafts, edits, panels, navigation }) {
  serverEvents.addEventListener("room-left", ({ detail: { room } }) => {
    attachments.removeRoom(room);
    drafts.removeQuote(room);
    for (const { id } of edits.inRoom(room)) edits.remove(id);
    panels.leaveRoom(room);
    if (room !== conversations.current?.room) return;
    for (const dialog of document.querySelectorAll("dialog[data-of-room][open]")) dialog.close();
    navigation.openFirstRoom({ push: !panels.isOpen });
  });
}
