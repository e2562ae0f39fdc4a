/** Creates the models, elements and controllers of the chat page, and connects them with events. */

import "chatsite/elements/menu_button.js";
import "chatsite/elements/message_composer.js";
import "chatsite/elements/message_log.js";
import "chatsite/elements/quick_switcher.js";
import "chatsite/elements/room_info.js";
import "chatsite/elements/room_list.js";
import { watchAddedMentions } from "chatsite/controllers/added_mentions.js";
import { watchAttachmentViewer } from "chatsite/controllers/attachment_viewer.js";
import { Attachments } from "chatsite/controllers/attachments.js";
import { Blocking } from "chatsite/controllers/blocking.js";
import { watchCompletion } from "chatsite/controllers/completion_opener.js";
import { ConnectionBanner } from "chatsite/controllers/connection_banner.js";
import { watchDateJump } from "chatsite/controllers/date_jump.js";
import { Deletions } from "chatsite/controllers/deletions.js";
import { Editing } from "chatsite/controllers/editing.js";
import { watchLogout } from "chatsite/controllers/logout.js";
import { watchLostRooms } from "chatsite/controllers/lost_rooms.js";
import { MassMentions } from "chatsite/controllers/mass_mentions.js";
import { MessageActions } from "chatsite/controllers/message_actions.js";
import { createModels } from "chatsite/controllers/models.js";
import { Navigation, watchSheets } from "chatsite/controllers/navigation.js";
import { watchNotifications } from "chatsite/controllers/notifications.js";
import { watchOutbox } from "chatsite/controllers/outbox_notices.js";
import { watchOutsiders } from "chatsite/controllers/outsiders.js";
import { PageView } from "chatsite/controllers/page_view.js";
import { Panels } from "chatsite/controllers/panels.js";
import { Posting } from "chatsite/controllers/posting.js";
import { preloadModules } from "chatsite/controllers/preload.js";
import { watchQuotes } from "chatsite/controllers/quotes.js";
import { Reactions } from "chatsite/controllers/reactions.js";
import { watchReading } from "chatsite/controllers/reading.js";
import { RoomHeader } from "chatsite/controllers/room_header.js";
import { watchRoomRowMenu } from "chatsite/controllers/room_row_menu.js";
import { RoomView } from "chatsite/controllers/room_view.js";
import { watchSavedMarks } from "chatsite/controllers/saved_marks.js";
import { Scheduling } from "chatsite/controllers/scheduling.js";
import { ServerEvents } from "chatsite/controllers/server_events.js";
import { watchSwitcher } from "chatsite/controllers/switcher_opener.js";
import { watchThreadMarks } from "chatsite/controllers/thread_marks.js";
import { watchThreads } from "chatsite/controllers/thread_opener.js";
import { watchTyping } from "chatsite/controllers/type_anywhere.js";
import { attempt, confirmLogout } from "chatsite/elements/dialogs.js";
import { watchMentions } from "chatsite/elements/message_mentions.js";
import { adoptNotices } from "chatsite/elements/notices.js";
import { showOnline, watchOnlineLinks } from "chatsite/elements/online_dialog.js";
import { watchComposition } from "chatsite/elements/textarea.js";
import { bindInputEvents } from "chatsite/model/idle.js";
import { SlashCommands } from "chatsite/model/slash_commands.js";
import { stopRequests } from "chatsite/net/http.js";
import { loadModule } from "chatsite/net/module_loader.js";
import { registerWorker } from "chatsite/net/service_worker.js";
import { bindBrowserEvents } from "chatsite/net/socket.js";
import { localStore } from "chatsite/store/safe_storage.js";
import { openTabs, releaseOnClose, startHeartbeat } from "chatsite/store/tab_lock.js";

const TAKEOVER_INTERVAL = 5000;
const OFFLINE_COPY_AFTER = 8000; // once the page has loaded all else

/**
 * Starts the chat. `page` is the data sent with the page, `isShared` whether another app has opened it to share something, `tab` the
 * id of this tab, `locks` those of all tabs, and `stores` what the browser keeps.
 */
export function startChat({ page, isShared, tab, locks, stores }) {
  const [sidebar, log, composer, roomInfo] = ["room-list", "message-log", "message-composer", "room-info"].map((name) =>
    document.querySelector(name),
  );

  const models = createModels({ page, tab, locks, store: stores.posts });
  const { people, rooms, sections, presence, typing, drafts, draftSync, edits, socket, outbox, conversations, isBlocked } = models;
  const { readMarker, typingSender, idleDetector, saved, threads, threadDrafts, answers, roomCommands } = models;

  const redraw = () => view.redraw();
  const places = () => ({ switcher: document.querySelector("quick-switcher"), sections, presence, rooms });
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
    ...{ isLive: () => socket.state === "live", siteName: page.site.name, saved, threads, answers },
  });
  const navigation = new Navigation({ conversations, sections, jumpTo: (seq) => roomView.jumpTo(seq) });
  const panels = new Panels({
    ...{ pagePanel: document.querySelector("page-panel"), threadPanel: document.querySelector("thread-panel"), conversations, openRoom },
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
    onClose: () => panels.hasFocus || composer.focus(),
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
  const leaveClosed = ({ id }) => id === conversations.current?.room && navigation.openFirstRoom();
  const roomHeader = new RoomHeader({
    ...{ conversations, rooms, presence },
    muteRoom: (room) => blocking.muteRoom(room),
    showPerson: (person) => blocking.showPerson(person),
    closed: leaveClosed,
  });
  const attachments = new Attachments({
    ...{ composer, conversations, drafts, threadDrafts, isBlocked, store: stores.uploads },
    createUploads: async (places) => {
      const { UploadsController } = await loadModule("chatsite/controllers/uploads_controller.js");
      const owner = { store: stores.uploads, user: page.me.id, tab, openTabs: () => openTabs(locks) };
      return new UploadsController({ places, rooms, socket, limits: page.limits, ...owner });
    },
  });
  const slashCommands = new SlashCommands({
    who: (rest) => rest === "" && showOnline(),
    help: (rest) => rest === "" && showDialog("formatting"),
    ...blocking.commands,
  });
  const massMentions = new MassMentions({ people });
  const posting = new Posting({
    ...{ composer, log, conversations, outbox, socket, typingSender, attachments, slashCommands, roomCommands, massMentions, drafts },
    roomTitle: (id) => roomView.titleOf(id),
  });
  const scheduling = new Scheduling({ composer, conversations, drafts, socket, scheduled: page.scheduled, openPage: (url) => panels.open(url) });
  const restoreDraft = (room, message) => attachments.restore({ room }, message, []);
  const editing = new Editing({ log, composer, conversations, edits, socket, redraw, restoreDraft, massMentions });
  const reactions = new Reactions({
    ...{ log, conversations, people, socket, redraw },
    showPerson: (person) => blocking.showPerson(person),
  });
  const actions = new MessageActions({
    ...{ log, composer, conversations, people, outbox, attachments, editing, deletions, reactions, socket, openRoom, saved },
    ...{ threads, rooms },
    showPerson: (person) => blocking.showPerson(person),
    openDirectRoom: (id) => blocking.openDirectRoom(id),
    openPage: (url) => panels.open(url),
    forwardTo: async (message) => {
      const { forward } = await loadModule("chatsite/controllers/forwarding.js");
      forward(message, { ...places(), origin: conversations.currentRoom, limit: page.limits.body, send: (post) => posting.post(post) });
    },
  });
  const serverEvents = new ServerEvents({
    ...{ socket, rooms, people, presence, typing, conversations, outbox, blocking, roomInfo, readMarker, sections, saved },
    draftSync,
  });
  watchSavedMarks({ saved, conversations, serverEvents, redraw });
  watchThreadMarks({ threads, conversations, serverEvents, socket, roomView, people, redraw });
  serverEvents.addEventListener("command-answer", ({ detail }) =>
    attempt(async () => (await loadModule("chatsite/controllers/command_answers.js")).showAnswer(detail, answers)),
  );
  serverEvents.addEventListener("command-withdrawn", ({ detail }) =>
    attempt(async () => (await loadModule("chatsite/controllers/command_answers.js")).withdrawAnswers(detail, answers)),
  );
  answers.addEventListener("change", redraw);
  watchThreads({
    ...{ actions, answers, attachments, blocking, conversations, deletions, editing, outbox, people, posting, reactions, roomView, saved, scheduling },
    ...{ serverEvents, socket, threadDrafts, threads, typingSender, limit: page.limits.body, openRoom: closePanelAndOpen, showPerson: (person) => blocking.showPerson(person) },
  });

  const markRead = watchReading({ conversations, rooms, roomView, readMarker, serverEvents, redraw });
  const readMentions = watchAddedMentions({ log, conversations, rooms, socket, openRoom, redraw });
  const view = new PageView({
    ...{ socket, conversations, sections, presence, outbox, drafts, deletions, serverEvents, blocking },
    ...{ sidebar, roomInfo, roomView, roomHeader, connection, attachments, editing },
  });

  async function keepOfflineCopy() {
    if (!(await registerWorker())) return;
    const { OfflineCopy } = await loadModule("chatsite/controllers/offline.js");
    offlineCopy = new OfflineCopy({ page, people, rooms, sections, conversations, serverEvents, blocking });
  }

  /** Takes over unsent messages and files of a closed tab, or of this one before a reload. */
  function takeOver() {
    outbox.takeOver();
    attachments.takeOver();
  }

  conversations.addEventListener("messages", ({ detail: { messages } }) => {
    roomInfo.updateMessages(messages);
    for (const message of messages) {
      people.upsert(message.sender);
      if (message.client_id) outbox.remove(message.client_id);
    }
  });
  outbox.addEventListener("sent", ({ detail: { message } }) => conversations.get(message.room)?.timeline.merge(message));
  attachments.addEventListener("post", ({ detail }) => posting.post(detail));
  log.addEventListener("log-latest", () => openRoom({ room: conversations.current.room, latest: true }));
  socket.addEventListener("state", ({ detail }) => detail.state !== "live" && outbox.pause());
  socket.addEventListener("loggedout", () => {
    location.assign(`${page.urls.login}?next=${encodeURIComponent(location.pathname)}&ended`);
  });
  serverEvents.addEventListener("welcome", () => idleDetector.resend());
  serverEvents.addEventListener("synced", () => {
    outbox.resume();
    takeOver();
    preloadModules();
  });
  let offlineCopy = null;
  serverEvents.addEventListener("synced", () => setTimeout(keepOfflineCopy, OFFLINE_COPY_AFTER), { once: true });
  serverEvents.addEventListener("applied", () => document.querySelector("inbox-page")?.showRooms?.(rooms));
  watchNotifications({
    ...{ socket, serverEvents, rooms, roomView, openRoom: closePanelAndOpen, openPage: (url) => panels.open(url) },
    ...{ user: page.me.id, sound: page.notifications?.sound },
  });
  watchLostRooms({ serverEvents, conversations, attachments, drafts, edits, panels, navigation });
  document.addEventListener("visibilitychange", () => (document.hidden ? draftSync.flush() : takeOver()));
  addEventListener("storage", (event) => [drafts, edits, threadDrafts].forEach((each) => each.handleStorageEvent(event)));

  composer.limit = page.limits.body;
  adoptNotices();
  watchSheets({ onInfo: () => view.showRoomInfo(), leaveThread: () => panels.leaveThread() });
  watchRoomRowMenu({
    ...{ sidebar, rooms, sections },
    run: {
      read: (room) => {
        markRead(room);
        readMentions(room);
      },
      mute: (room) => blocking.muteRoom(room),
      leave: (room) => roomHeader.leave(room),
      open: (url) => panels.open(url),
      closed: leaveClosed,
    },
  });
  watchOnlineLinks();
  watchMentions(log, (person) => blocking.showPerson(person));
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
  watchCompletion({ conversations, rooms, people, socket, slashCommands, roomCommands });
  watchOutsiders({ outbox, rooms, isBlocked });
  watchOutbox({ outbox, conversations, rooms });
  watchQuotes({ conversations, composer, drafts, outbox, attachments });
  watchLogout({
    ...{ form: sidebar.querySelector("form"), user: page.me.id, storage: localStore, stores, ask: confirmLogout },
    hasUnsent: () => !outbox.isEmpty || !attachments.isEmpty,
    stop: () => {
      socket.close();
      stopRequests();
      for (const each of [outbox, attachments, offlineCopy]) each?.stop();
    },
  });
  if (page.has_first_steps) {
    const load = loadModule("chatsite/controllers/first_steps.js");
    load.then(({ showFirstSteps }) => showFirstSteps({ log, conversations })).catch(() => {});
  }
  if (isShared) {
    const load = loadModule("chatsite/controllers/sharing.js");
    load.then(({ receiveShared }) => receiveShared({ places: places(), limit: page.limits.body, openRoom, composer, attachments, conversations }));
  }
  bindInputEvents(idleDetector, document);
  for (const each of page.kept ?? []) conversations.add(each);
  if (page.conversation) conversations.select(conversations.add(page.conversation));
  else view.drawOpenedRoom();
  socket.connect();
  bindBrowserEvents(socket, window, document);
  startHeartbeat(locks, () => [outbox, attachments].forEach((each) => each.renewLease()));
  releaseOnClose(locks, () => [outbox, attachments].forEach((each) => each.releaseLease()));
  setInterval(takeOver, TAKEOVER_INTERVAL);
  takeOver();
  document.body.dataset.started = "";
  dispatchEvent(new Event("chatsite-started"));
}
