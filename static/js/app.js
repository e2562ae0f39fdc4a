/** The chat page: makes the parts and lets each hear what the others tell. */

import "chatsite/elements/message_composer.js";
import "chatsite/elements/room_info.js";
import "chatsite/elements/message_log.js";
import "chatsite/elements/menu_button.js";
import "chatsite/elements/pinned_messages.js";
import "chatsite/elements/room_list.js";
import { Conversations } from "chatsite/model/conversations.js";
import { closeSheet } from "chatsite/elements/sheets.js";
import { showHere, watchHereLinks } from "chatsite/elements/online_dialog.js";
import { notify } from "chatsite/elements/dialogs.js";
import { prepareFiles } from "chatsite/elements/attachment_loader.js";
import { watchMessages } from "chatsite/elements/message_tools.js";
import { watchStatusDialog } from "chatsite/elements/status_dialog.js";
import { Deeds } from "chatsite/controllers/message_actions.js";
import { Files } from "chatsite/controllers/attachments.js";
import { listen } from "chatsite/controllers/server_events.js";
import { Line } from "chatsite/controllers/connection_banner.js";
import { watchNavigation, watchSheets } from "chatsite/controllers/navigation.js";
import { beginningOf, closedSentence, drawHead, paceSentence, titleOf } from "chatsite/controllers/room_header.js";
import { Drafts } from "chatsite/store/drafts.js";
import { Outbox } from "chatsite/model/outbox.js";
import { isLoggedIn } from "chatsite/net/http.js";
import { bindInputEvents, IdleDetector } from "chatsite/model/idle.js";
import { roomPath } from "chatsite/format/paths.js";
import { openStores } from "chatsite/store/indexed_db.js";
import { People } from "chatsite/model/people.js";
import { Quiet } from "chatsite/controllers/blocking.js";
import { watchFiles } from "chatsite/controllers/attachment_viewer.js";
import { Presence } from "chatsite/model/presence.js";
import { Rooms } from "chatsite/model/rooms.js";
import { SlashCommands } from "chatsite/model/slash_commands.js";
import { bindBrowserEvents, Socket } from "chatsite/net/socket.js";
import { ownState, ownStatusText } from "chatsite/model/status.js";
import { acquireTabId, openTabs, startHeartbeat } from "chatsite/store/tab_lock.js";
import { TypingSender, typingText, TypingIndicator } from "chatsite/model/typing.js";
import { ReadMarker, titleWithCount } from "chatsite/model/unread.js";

const find = (selector) => document.querySelector(selector);

const STATUS_LOOK = 30_000;
const CLOSED_WITHIN = 3000; // so long a tab that was just closed may still count as living

class Chat {
  sidebar = find("room-list");
  log = find("message-log");
  composer = find("message-composer");
  facts = find("room-info");
  pins = document.createElement("pinned-messages");
  people = new People();
  typing = new TypingIndicator();
  #planned = false;

  constructor(page, { tab, stores }) {
    this.page = page;
    this.me = page.me;
    this.rooms = new Rooms(this.me.id, page.rooms, page.muted);
    this.presence = new Presence();
    const isBlocked = (person) => this.quiet.isBlocked(person);
    this.drafts = new Drafts(localStorage, this.me.id, { isBlocked });
    this.socket = new Socket({
      url: new URL(page.urls.ws, location.href.replace(/^http/, "ws")).href,
      checkSession: () => isLoggedIn(page.urls.session),
    });
    this.outbox = new Outbox({
      store: stores.posts,
      user: this.me.id,
      tab,
      openTabs: () => openTabs(navigator.locks),
      isBlocked,
      send: (fields) => this.socket.send("message.post", fields),
    });
    this.conversations = new Conversations({ socket: this.socket, rooms: this.rooms, me: this.me.id, prepare: prepareFiles });
    this.reader = new ReadMarker((room, seq) => this.socket.send("room.read", { room, seq }));
    this.typist = new TypingSender((room) => this.socket.sendAndForget("room.typing", { room }));
    this.line = new Line(this.socket);
    this.quiet = new Quiet(this);
    this.idleDetector = new IdleDetector({
      after: page.limits.idle * 1000,
      onChange: (idle) => this.socket.sendAndForget("presence.idle", { idle }),
    });
    this.files = new Files(this, { store: stores.uploads, tab });
    this.deeds = new Deeds(this);
    this.slash = new SlashCommands({
      who: (rest) => rest === "" && showHere(),
      help: (rest) => rest === "" && find("#formatting").showModal(),
      ...this.quiet.commands,
    });
  }

  get current() {
    return this.conversations.current;
  }

  get currentRoom() {
    return this.current && this.rooms.get(this.current.room);
  }

  start() {
    this.composer.limit = this.page.limits.body;
    for (const { peer } of this.page.rooms) this.people.upsert(peer);
    this.#wire();
    listen(this);
    watchNavigation({ go: (place) => this.go(place), step: (n) => this.#step(n), find: () => this.sidebar.find() });
    watchSheets(() => this.showFacts());
    watchHereLinks();
    watchFiles(this);
    watchMessages(this.log, { allowed: (message) => this.deeds.allowed(message), act: (...deed) => this.deeds.act(...deed) });
    watchStatusDialog({ url: this.page.urls.status, me: () => this.me });
    bindInputEvents(this.idleDetector, document);
    setInterval(() => this.redraw(), STATUS_LOOK); // a status text goes when its time is over
    const { conversation } = this.page;
    if (conversation) this.conversations.select(this.conversations.add(conversation));
    else this.#opened();
    this.socket.connect();
    bindBrowserEvents(this.socket, window, document);
    this.files.start();
    startHeartbeat(navigator.locks, () => [this.outbox, this.files].forEach((each) => each.renewLease()));
    this.takeOver();
  }

  /** Opens a room, at a message where `around` names one. */
  async go({ room, around = null, push = true, fresh = false }) {
    const here = this.current?.room === room;
    if (around && here && this.#jump(around)) return closeSheet();
    try {
      await this.conversations.open(room, { around, fresh });
    } catch (error) {
      return notify(
        error.status === 404 ? "This room doesn’t exist, or you don’t have access to it." : `Couldn’t open the room. ${error.message}`,
        "is-error",
      );
    }
    if (push && location.pathname !== roomPath(room, around)) history.pushState(null, "", roomPath(room, around));
  }

  /** The server's whole list of one's rooms. One that is only looked at from outside is not in it, and stays. */
  takeRooms(rooms) {
    const open = this.currentRoom;
    this.rooms.replace(rooms);
    if (open && !this.current.isMember) this.rooms.merge(open);
  }

  /** What the server says of somebody is taken over everywhere, also of oneself. */
  updatePerson(person) {
    if (person.id === this.me.id) this.me = { ...this.me, ...person };
    this.people.upsert(person);
    this.rooms.updatePerson(person);
    this.conversations.updatePerson(this.people.get(person.id));
    if (this.facts.knows(person.id)) this.facts.stale();
  }

  /** What another tab, or this one before a reload, did not get done. */
  takeOver() {
    this.outbox.takeOver();
    this.files.takeOver();
  }

  /** The open room is gone: go to another one. */
  goElsewhere() {
    const next = this.rooms.list().rooms[0] ?? this.rooms.list().people[0];
    if (next) return this.go({ room: next.id });
    history.replaceState(null, "", "/");
    this.conversations.close();
  }

  /** Draws once before the next frame, however many events asked for it. */
  redraw() {
    this.#title();
    if (this.#planned) return;
    this.#planned = true;
    requestAnimationFrame(() => {
      this.#planned = false;
      this.#drawLog();
      this.#drawRest();
    });
  }

  /** The end of the conversation was looked at: count it as read. */
  seen() {
    const room = this.currentRoom;
    const seq = room && this.current.timeline.readableEnd(room);
    if (!room || !seq || document.hidden || !this.log.atBottom || !this.current.isMember || seq <= room.last_read_seq) return;
    this.rooms.markRead(room.id, seq);
    this.reader.mark(room.id, seq);
    this.redraw();
  }

  /** Not before the line is there, or known to be down: until then the server takes this person for absent. */
  showFacts() {
    if (this.socket.state === "connecting") return;
    this.facts.show(this.current?.room ?? null);
    this.pins.show(this.facts.isShown ? this.current?.room : null);
  }

  /** The administration's report says which room is open in each tab. */
  tellView() {
    this.socket.sendAndForget("room.view", { room: this.current?.isMember ? this.current.room : null });
  }

  #wire() {
    this.conversations.addEventListener("opened", () => this.#opened());
    this.conversations.addEventListener("change", ({ detail }) => detail.room === this.current?.room && this.redraw());
    this.conversations.addEventListener("messages", ({ detail }) => this.#met(detail.messages));
    this.outbox.addEventListener("change", () => this.redraw());
    this.outbox.addEventListener("sent", ({ detail: { message } }) => this.conversations.get(message.room)?.timeline.merge(message));
    this.typing.addEventListener("change", () => this.#drawTyping());
    // The server counts connections a moment later than the socket tells of them: then look once more.
    this.facts.addEventListener("facts-drawn", () => {
      this.facts.querySelector("[data-pins]")?.append(this.pins);
      if (this.facts.mark(this.presence)) this.facts.recheck();
    });
    this.log.addEventListener("log-older", () => this.conversations.loadOlder().catch(() => {}));
    this.log.addEventListener("log-newer", () => this.conversations.loadNewer().catch(() => {}));
    this.log.addEventListener("log-latest", () => this.go({ room: this.current.room, fresh: true }));
    this.log.addEventListener("log-seen", () => this.seen());
    document.addEventListener("visibilitychange", () => {
      this.seen();
      if (document.hidden) return;
      this.takeOver();
      setTimeout(() => this.takeOver(), CLOSED_WITHIN);
    });
    this.composer.addEventListener("composer-draft", ({ detail }) => this.drafts.set(this.current.room, detail));
    this.composer.addEventListener("composer-typing", () => this.typist.typed(this.current.room));
  }

  #opened() {
    const room = this.currentRoom;
    closeSheet();
    this.tellView();
    this.log.start();
    this.log.querySelector(".empty").hidden = Boolean(room);
    this.composer.hidden = !room;
    find(".app").classList.toggle("is-empty", !room);
    this.files.opened();
    if (room) this.#openComposer(room);
    this.#drawLog();
    this.#drawRest();
    this.#title();
    this.showFacts();
    if (this.current?.around) this.#jump(this.current.around, { focus: false });
  }

  #openComposer(room) {
    const draft = this.drafts.get(room.id);
    this.composer.show({ name: titleOf(room), draft, closed: closedSentence(room, this.current), canJoin: !this.current.isMember });
    // On a touch screen the keyboard would jump up over what one wants to read.
    if (matchMedia("(pointer: fine)").matches) this.composer.focus();
    else find(".room__title").focus();
  }

  #drawLog() {
    if (!this.current) return this.log.draw([], { edge: "", me: this.me.id });
    if (!this.currentRoom) return; // just lost: the next one is on its way
    const { timeline, room } = this.current;
    const quoted = ({ reply_to: reply }) => (this.quiet.isBlocked(reply?.sender) ? null : reply);
    const pending = this.outbox.inRoom(room).map((post) => ({ ...post, sender: this.me, reply_to: quoted(post) }));
    this.log.draw(timeline.entries(pending), {
      me: this.me.id,
      isLive: this.line.isLive,
      hasOlder: timeline.hasOlder,
      hasNewer: timeline.hasNewer,
      edge: beginningOf(this.currentRoom, timeline.first),
      linkTo: ({ seq }) => (seq ? roomPath(room, seq) : null),
    });
  }

  #drawRest() {
    const room = this.currentRoom;
    this.sidebar.draw(this.rooms, this.presence, room?.id ?? null);
    const state = this.line.isLive ? ownState(this.me, this.presence.stateOf(this.me.id)) : "off";
    this.sidebar.sayState(this.me, this.line.words(this.presence.count, ownStatusText(this.me)), state);
    drawHead(room, this.current, this.presence, this.rooms.unread > (room?.unread ?? 0));
    this.composer.pace = room ? paceSentence(room) : "";
    this.files.draw();
    this.facts.mark(this.presence);
    if (room) this.facts.count(room.last_seq);
    this.#drawTyping();
  }

  #drawTyping() {
    const names = this.current ? this.typing.inRoom(this.current.room).map(({ name }) => name) : [];
    find(".typing").textContent = typingText(names);
  }

  #title() {
    const room = this.currentRoom;
    const { name } = this.page.site;
    document.title = titleWithCount(this.rooms.unread, room ? `${titleOf(room)} · ${name}` : name);
  }

  #met(messages) {
    this.pins.heard(messages);
    for (const message of messages) {
      this.people.upsert(message.sender);
      if (message.client_id) this.outbox.remove(message.client_id);
    }
  }

  #jump(seq, options) {
    const message = this.current.timeline.at(seq);
    return Boolean(message && this.log.jumpTo(message.id, options));
  }

  #step(n) {
    const room = this.rooms.adjacent(this.current?.room, n);
    if (room) this.go({ room: room.id });
  }
}

const page = JSON.parse(document.getElementById("chatsite-page").textContent);
const [tab, stores] = await Promise.all([
  acquireTabId({ storage: sessionStorage, locks: navigator.locks }),
  openStores(),
  prepareFiles(page.conversation?.messages ?? []),
]);
new Chat(page, { tab, stores }).start();
