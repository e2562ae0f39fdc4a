/** The chat page: creates its models, elements and controllers, and connects them with events. */

import "chatsite/elements/menu_button.js";
import "chatsite/elements/message_composer.js";
import "chatsite/elements/message_log.js";
import "chatsite/elements/quick_switcher.js";
import "chatsite/elements/room_info.js";
import "chatsite/elements/room_list.js";
import { watchAttachmentViewer } from "chatsite/controllers/attachment_viewer.js";
import { Attachments } from "chatsite/controllers/attachments.js";
import { Blocking } from "chatsite/controllers/blocking.js";
import { ConnectionBanner } from "chatsite/controllers/connection_banner.js";
import { watchDateJump } from "chatsite/controllers/date_jump.js";
import { Deletions } from "chatsite/controllers/deletions.js";
import { Editing } from "chatsite/controllers/editing.js";
import { watchLogout } from "chatsite/controllers/logout.js";
import { MessageActions } from "chatsite/controllers/message_actions.js";
import { Navigation, watchSheets } from "chatsite/controllers/navigation.js";
import { watchOutbox } from "chatsite/controllers/outbox_notices.js";
import { Panels } from "chatsite/controllers/panels.js";
import { Posting } from "chatsite/controllers/posting.js";
import { preloadModules } from "chatsite/controllers/preload.js";
import { watchQuotes } from "chatsite/controllers/quotes.js";
import { RoomHeader } from "chatsite/controllers/room_header.js";
import { watchRoomRowMenu } from "chatsite/controllers/room_row_menu.js";
import { RoomView } from "chatsite/controllers/room_view.js";
import { ServerEvents } from "chatsite/controllers/server_events.js";
import { watchTyping } from "chatsite/controllers/type_anywhere.js";
import { preloadAttachments } from "chatsite/elements/attachment_loader.js";
import { watchSwitcher } from "chatsite/controllers/switcher_opener.js";
import { watchBackButton } from "chatsite/elements/back_button.js";
import { attempt, confirmLogout } from "chatsite/elements/dialogs.js";
import { adoptNotices } from "chatsite/elements/notices.js";
import { showOnline, watchOnlineLinks } from "chatsite/elements/online_dialog.js";
import { closeSheet } from "chatsite/elements/sheets.js";
import { watchComposition } from "chatsite/elements/textarea.js";
import { roomPath } from "chatsite/format/paths.js";
import { Conversations } from "chatsite/model/conversations.js";
import { bindInputEvents, IdleDetector } from "chatsite/model/idle.js";
import { Outbox } from "chatsite/model/outbox.js";
import { People } from "chatsite/model/people.js";
import { Presence } from "chatsite/model/presence.js";
import { ReadMarker } from "chatsite/model/read_markers.js";
import { RoomSections } from "chatsite/model/room_sections.js";
import { Rooms } from "chatsite/model/rooms.js";
import { SlashCommands } from "chatsite/model/slash_commands.js";
import { TypingIndicator, TypingSender } from "chatsite/model/typing.js";
import { isLoggedIn, post, stopRequests } from "chatsite/net/http.js";
import { loadModule } from "chatsite/net/module_loader.js";
import { bindBrowserEvents, Socket } from "chatsite/net/socket.js";
import { Drafts } from "chatsite/store/drafts.js";
import { EditDrafts } from "chatsite/store/edit_drafts.js";
import { openStores } from "chatsite/store/indexed_db.js";
import { cookieStore } from "chatsite/store/cookies.js";
import { localStore, sessionStore } from "chatsite/store/safe_storage.js";
import { acquireTabId, findLocks, openTabs, releaseOnClose, startHeartbeat } from "chatsite/store/tab_lock.js";

const STATUS_INTERVAL = 30_000;
const TAKEOVER_INTERVAL = 5000;

const data = document.getElementById("chatsite-page");
const page = JSON.parse(data.textContent);
data.remove(); // it contains messages, which must not stay in the page when the user leaves the room
watchBackButton();
const locks = await findLocks();
const [tab, stores] = await Promise.all([
  acquireTabId({ storage: sessionStore, locks }),
  openStores(),
  preloadAttachments(page.conversation?.messages ?? []),
]);

const [sidebar, log, composer, roomInfo] = ["room-list", "message-log", "message-composer", "room-info"].map((name) =>
  document.querySelector(name),
);

const people = new People(page.me, page.blocked);
const rooms = new Rooms(page.me.id, page.rooms, page.muted);
const sections = new RoomSections(rooms, cookieStore("sidebar"), page.sections);
const presence = new Presence();
const typing = new TypingIndicator();
const isBlocked = (person) => people.isBlocked(person);
const drafts = new Drafts(localStore, page.me.id, { isBlocked });
const edits = new EditDrafts(localStore, page.me.id);
const socket = new Socket({
  url: new URL(page.urls.ws, location.href.replace(/^http/, "ws")).href,
  checkSession: () => isLoggedIn(page.urls.session),
  maxFrame: page.limits.frame,
});
const outbox = new Outbox({
  store: stores.posts,
  user: page.me.id,
  tab,
  openTabs: () => openTabs(locks),
  isBlocked,
  send: (fields) => socket.send("message.post", fields),
});
const conversations = new Conversations({ socket, rooms, me: page.me.id, prepare: preloadAttachments });
const readMarker = new ReadMarker((room, seq, { seq: known, markedAt }) =>
  socket.send("room.read", { room, seq, known, marked_unread_at: markedAt }),
);
const typingSender = new TypingSender((room) => socket.sendAndForget("room.typing", { room }));
const idleDetector = new IdleDetector({
  after: page.limits.idle * 1000,
  onChange: (idle) => socket.sendAndForget("presence.idle", { idle }),
});

const openRoom = (target) => navigation.go(target);
const closePanelAndOpen = (target) => {
  panels.close();
  openRoom(target);
};
const connection = new ConnectionBanner({ socket, sidebar, people, presence });
const deletions = new Deletions({ socket, conversations });
const roomView = new RoomView({
  ...{ log, composer, conversations, rooms, people, typing, typingSender, outbox, drafts, deletions },
  heldIn: (room) => attachments.heldIn(room),
  ...{ isLive: () => socket.state === "live", siteName: page.site.name },
});
const navigation = new Navigation({ conversations, sections, jumpTo: (seq) => roomView.jumpTo(seq) });
const panels = new Panels({
  ...{ panel: document.querySelector("page-panel"), openRoom },
  currentRoom: () => (conversations.current ? roomPath(conversations.current.room) : "/"),
});
const blocking = new Blocking({ people, rooms, presence, typing, conversations, composer, openRoom });
const showDialog = (id) => document.getElementById(id).showModal();
watchSwitcher({
  ...{ element: document.querySelector("quick-switcher"), sections, presence, openRoom: closePanelAndOpen },
  currentRoom: () => conversations.current?.room,
  openPerson: (id) => {
    panels.close();
    blocking.openDirectRoom(id);
  },
  onClose: () => panels.isOpen || composer.focus(),
  openPage: (url) => panels.open(url),
  isAdmin: Boolean(sidebar.querySelector('a[href^="/admin/"]')),
  commands: {
    who: showOnline,
    status: () => sidebar.querySelector('[data-action="status"]').click(),
    shortcuts: () => showDialog("shortcuts"),
    formatting: () => showDialog("formatting"),
    admin: () => location.assign("/admin/"),
  },
});
const roomHeader = new RoomHeader({ conversations, rooms, presence, muteRoom: (room) => blocking.muteRoom(room) });
const attachments = new Attachments({
  ...{ composer, conversations, drafts, isBlocked, store: stores.uploads },
  createUploads: async () => {
    const { UploadsController } = await loadModule("chatsite/controllers/uploads_controller.js");
    const owner = { store: stores.uploads, user: page.me.id, tab, openTabs: () => openTabs(locks) };
    return new UploadsController({ composer, conversations, rooms, socket, limits: page.limits, ...owner });
  },
});
const slashCommands = new SlashCommands({
  who: (rest) => rest === "" && showOnline(),
  help: (rest) => rest === "" && showDialog("formatting"),
  ...blocking.commands,
});
const posting = new Posting({
  ...{ composer, log, conversations, outbox, socket, typingSender, attachments, slashCommands },
  roomTitle: (id) => roomView.titleOf(id),
});
const restoreDraft = (room, message) => attachments.restore(room, message, []);
const editing = new Editing({ log, composer, conversations, edits, socket, redraw, restoreDraft });
new MessageActions({
  ...{ log, composer, conversations, people, outbox, attachments, editing, deletions, socket, openRoom },
  showPerson: (person) => blocking.showPerson(person),
  openDirectRoom: (id) => blocking.openDirectRoom(id),
});
const serverEvents = new ServerEvents({
  ...{ socket, rooms, people, presence, typing, conversations, outbox, blocking, roomInfo, readMarker, sections },
});

let isDrawPlanned = false;

/** Draws once before the next frame. Updates the title immediately, because hidden tabs have no frames. */
function redraw() {
  roomView.drawTitle();
  if (isDrawPlanned) return;
  isDrawPlanned = true;
  requestAnimationFrame(() => {
    isDrawPlanned = false;
    draw();
  });
}

/** Removes the "New" badge of a room that someone added this user to. If that fails, it's back with the next `welcome`. */
function markSeen(room) {
  if (!room?.is_new) return;
  rooms.merge({ id: room.id, is_new: false });
  post(`${roomPath(room.id)}seen/`).catch(() => {});
}

function draw() {
  if (!document.hidden) markSeen(rooms.get(conversations.current?.room));
  roomView.draw();
  editing.resume();
  roomHeader.draw();
  sidebar.draw(sections, presence, conversations.currentRoom?.id ?? null, markOf);
  connection.draw();
  attachments.draw();
  roomInfo.draw(presence, conversations.currentRoom);
}

/** Returns what a room's row says about unsent messages. */
function markOf({ id }) {
  if (!outbox.isEmpty && outbox.inRoom(id).length) return "pending";
  return drafts.rooms.has(id) ? "draft" : "";
}

function markRead(room) {
  const { id, last_seq: seq } = room;
  markSeen(room);
  rooms.markRead(id, seq);
  readMarker.mark(id, seq);
  redraw();
}

function drawOpenedRoom() {
  closeSheet();
  sections.open(conversations.current?.room);
  sendOpenRoom();
  conversations.checkPreview();
  attachments.clearErrors();
  roomView.open();
  draw();
  showRoomInfo();
  if (conversations.current?.around) roomView.jumpTo(conversations.current.around, { focus: false });
}

/** Shows the details once the socket is connected or has failed. Until then, the server doesn't count this user as online. */
function showRoomInfo() {
  const { state } = socket;
  if (state !== "connecting") roomInfo.show(conversations.current?.room ?? null, { isConnected: state === "live" });
}

/** Sends the room that this tab shows to the server: for the admins' report of open connections, and to end previews. */
function sendOpenRoom() {
  const { current } = conversations;
  socket.sendAndForget("room.view", { room: current?.room ?? null });
}

/** Takes over unsent messages and files of a closed tab, or of this one before a reload. */
function takeOver() {
  outbox.takeOver();
  attachments.takeOver();
}

conversations.addEventListener("opened", drawOpenedRoom);
conversations.addEventListener("change", ({ detail }) => detail.room === conversations.current?.room && redraw());
conversations.addEventListener("messages", ({ detail: { messages } }) => {
  roomInfo.updateMessages(messages);
  for (const message of messages) {
    people.upsert(message.sender);
    if (message.client_id) outbox.remove(message.client_id);
  }
});
outbox.addEventListener("change", redraw);
deletions.addEventListener("change", redraw);
sections.addEventListener("change", redraw);
outbox.addEventListener("sent", ({ detail: { message } }) => conversations.get(message.room)?.timeline.merge(message));
attachments.addEventListener("change", redraw);
attachments.addEventListener("post", ({ detail }) => posting.post(detail));
blocking.addEventListener("change", showRoomInfo);
roomView.addEventListener("read", ({ detail: { room, seq } }) => {
  readMarker.mark(room, seq);
  redraw();
});
log.addEventListener("log-latest", () => openRoom({ room: conversations.current.room, latest: true }));
socket.addEventListener("state", ({ detail }) => {
  if (detail.state !== "live") outbox.pause();
  else showRoomInfo();
  redraw();
});
socket.addEventListener("loggedout", () => {
  location.assign(`${page.urls.login}?next=${encodeURIComponent(location.pathname)}&ended`);
});
serverEvents.addEventListener("applied", redraw);
serverEvents.addEventListener("welcome", () => {
  readMarker.reset();
  idleDetector.resend();
  sendOpenRoom();
});
serverEvents.addEventListener("synced", () => {
  outbox.resume();
  takeOver();
  readMarker.flush();
  roomView.markRead();
  preloadModules();
});
serverEvents.addEventListener("marked-unread", ({ detail: { room } }) => roomView.keepUnread(room));
serverEvents.addEventListener("room-left", ({ detail: { room } }) => {
  attachments.removeRoom(room);
  drafts.removeQuote(room);
  for (const { id } of edits.inRoom(room)) edits.remove(id);
  panels.leaveRoom(room);
  if (room !== conversations.current?.room) return;
  for (const dialog of document.querySelectorAll("dialog[data-of-room][open]")) dialog.close();
  navigation.openFirstRoom({ push: !panels.isOpen });
});
document.addEventListener("visibilitychange", () => {
  roomView.markRead();
  if (document.hidden) return;
  takeOver();
  redraw();
});
addEventListener("storage", (event) => [drafts, edits].forEach((each) => each.handleStorageEvent(event)));

composer.limit = page.limits.body;
for (const { id, peer, last_read_seq: seq, marked_unread_at: markedAt } of page.rooms) {
  people.upsert(peer);
  readMarker.learn(id, seq, markedAt);
}
adoptNotices();
watchSheets(showRoomInfo);
watchRoomRowMenu({
  ...{ sidebar, rooms, sections },
  run: {
    read: markRead,
    mute: (room) => blocking.muteRoom(room),
    leave: (room) => roomHeader.leave(room),
    open: (url) => panels.open(url),
    closed: ({ id }) => id === conversations.current?.room && navigation.openFirstRoom(),
  },
});
watchOnlineLinks();
watchAttachmentViewer({ log, roomInfo, conversations, outbox, people });
watchDateJump({ log, conversations, openRoom });
sidebar.querySelector('[data-action="status"]').addEventListener("click", () =>
  attempt(async () => {
    const { openStatusDialog } = await loadModule("chatsite/elements/status_dialog.js");
    openStatusDialog({ url: page.urls.status, me: people.me });
  }),
);
watchComposition(document);
watchTyping(composer);
watchOutbox({ outbox, conversations, rooms });
watchQuotes({ conversations, composer, drafts, outbox, attachments });
watchLogout({
  ...{ form: sidebar.querySelector("form"), user: page.me.id, storage: localStore, stores, ask: confirmLogout },
  hasUnsent: () => !outbox.isEmpty || !attachments.isEmpty,
  stop: () => {
    socket.close();
    stopRequests();
    for (const each of [outbox, attachments]) each.stop();
  },
});
if (page.has_first_steps) {
  const load = loadModule("chatsite/controllers/first_steps.js");
  load.then(({ showFirstSteps }) => showFirstSteps({ log, conversations })).catch(() => {});
}
bindInputEvents(idleDetector, document);
setInterval(redraw, STATUS_INTERVAL); // status texts expire
if (page.conversation) conversations.select(conversations.add(page.conversation));
else drawOpenedRoom();
socket.connect();
bindBrowserEvents(socket, window, document);
startHeartbeat(locks, () => [outbox, attachments].forEach((each) => each.renewLease()));
releaseOnClose(locks, () => [outbox, attachments].forEach((each) => each.releaseLease()));
setInterval(takeOver, TAKEOVER_INTERVAL);
takeOver();
document.body.dataset.started = "";
dispatchEvent(new Event("chatsite-started"));
