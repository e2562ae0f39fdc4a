/** Draws the page: at once when a room is opened, and otherwise before the next frame, however much has changed until then. */

import { closeSheet } from "chatsite/elements/sheets.js";

const STATUS_INTERVAL = 30_000;

export class PageView {
  #socket;
  #conversations;
  #sections;
  #presence;
  #outbox;
  #drafts;
  #sidebar;
  #roomInfo;
  #roomView;
  #roomHeader;
  #connection;
  #attachments;
  #editing;
  #isDrawPlanned = false;

  constructor({ socket, conversations, sections, presence, outbox, drafts, deletions, serverEvents, blocking, ...parts }) {
    this.#socket = socket;
    this.#conversations = conversations;
    this.#sections = sections;
    this.#presence = presence;
    this.#outbox = outbox;
    this.#drafts = drafts;
    this.#sidebar = parts.sidebar;
    this.#roomInfo = parts.roomInfo;
    this.#roomView = parts.roomView;
    this.#roomHeader = parts.roomHeader;
    this.#connection = parts.connection;
    this.#attachments = parts.attachments;
    this.#editing = parts.editing;
    const redraw = () => this.redraw();
    conversations.addEventListener("opened", () => this.drawOpenedRoom());
    conversations.addEventListener("change", ({ detail }) => detail.room === conversations.current?.room && redraw());
    for (const each of [outbox, deletions, sections, parts.attachments]) each.addEventListener("change", redraw);
    blocking.addEventListener("change", () => this.showRoomInfo());
    socket.addEventListener("state", ({ detail }) => {
      if (detail.state === "live") this.showRoomInfo();
      redraw();
    });
    serverEvents.addEventListener("applied", redraw);
    serverEvents.addEventListener("welcome", () => this.#sendOpenRoom());
    document.addEventListener("visibilitychange", () => document.hidden || redraw());
    setInterval(redraw, STATUS_INTERVAL); // status texts expire
  }

  /** Draws once before the next frame. Updates the title immediately, because hidden tabs have no frames. */
  redraw() {
    this.#roomView.drawTitle();
    if (this.#isDrawPlanned) return;
    this.#isDrawPlanned = true;
    requestAnimationFrame(() => {
      this.#isDrawPlanned = false;
      this.#draw();
    });
  }

  drawOpenedRoom() {
    const { current } = this.#conversations;
    closeSheet();
    this.#sections.open(current?.room);
    this.#sendOpenRoom();
    this.#conversations.checkPreview();
    this.#attachments.clearErrors();
    this.#roomView.open();
    this.#draw();
    this.showRoomInfo();
    if (current?.around) this.#roomView.jumpTo(current.around, { focus: false });
  }

  /** Shows the details once the socket is connected or has failed. Until then, the server doesn't count this user as online. */
  showRoomInfo() {
    const { state } = this.#socket;
    const room = this.#conversations.current?.room ?? null;
    if (state !== "connecting") this.#roomInfo.show(room, { isConnected: state === "live" });
  }

  #draw() {
    const room = this.#conversations.currentRoom;
    this.#roomView.draw();
    this.#editing.resume();
    this.#roomHeader.draw();
    this.#sidebar.draw(this.#sections, this.#presence, room?.id ?? null, ({ id }) => this.#markOf(id));
    this.#connection.draw();
    this.#attachments.draw();
    this.#roomInfo.draw(this.#presence, room);
  }

  /** Returns what a room's row says about unsent messages. */
  #markOf(room) {
    if (!this.#outbox.isEmpty && this.#outbox.inRoom(room).length) return "pending";
    return this.#drafts.rooms.has(room) ? "draft" : "";
  }

  /** Sends the room that this tab shows to the server: for the admins' report of open connections, and to end previews. */
  #sendOpenRoom() {
    this.#socket.sendAndForget("room.view", { room: this.#conversations.current?.room ?? null });
  }
}
