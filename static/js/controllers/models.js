/** Creates the models of the chat page from what the server has put into it. */

import { preloadAttachments } from "chatsite/elements/attachment_loader.js";
import { CommandAnswers } from "chatsite/model/command_answers.js";
import { Conversations } from "chatsite/model/conversations.js";
import { DraftSync } from "chatsite/model/draft_sync.js";
import { IdleDetector } from "chatsite/model/idle.js";
import { Outbox } from "chatsite/model/outbox.js";
import { People } from "chatsite/model/people.js";
import { Presence } from "chatsite/model/presence.js";
import { ReadMarker } from "chatsite/model/read_markers.js";
import { RoomCommands } from "chatsite/model/room_commands.js";
import { RoomSections } from "chatsite/model/room_sections.js";
import { peopleIn, Rooms } from "chatsite/model/rooms.js";
import { SavedMessages } from "chatsite/model/saved_messages.js";
import { Threads } from "chatsite/model/threads.js";
import { TypingIndicator, TypingSender } from "chatsite/model/typing.js";
import { getJson, isLoggedIn } from "chatsite/net/http.js";
import { EventStream } from "chatsite/net/event_stream.js";
import { Socket } from "chatsite/net/socket.js";
import { cookieStore } from "chatsite/store/cookies.js";
import { Drafts, threadDraftPrefix } from "chatsite/store/drafts.js";
import { EditDrafts } from "chatsite/store/edit_drafts.js";
import { localStore } from "chatsite/store/safe_storage.js";
import { openTabs } from "chatsite/store/tab_lock.js";

/** `page` is the server's data, `tab` the id of this tab, and `store` the store of unsent messages. */
export function createModels({ page, tab, locks, store }) {
  const people = new People(page.me, page.blocked);
  const rooms = new Rooms(page.me.id, page.rooms, page.muted);
  const isBlocked = (person) => people.isBlocked(person);
  const socket = createSocket(page);
  const readMarker = createReadMarker(socket);
  for (const room of page.rooms) {
    for (const person of [room.peer, ...peopleIn(room)]) people.upsert(person);
    readMarker.learn(room.id, room.last_read_seq, room.marked_unread_at);
  }
  const drafts = new Drafts(localStore, page.me.id, { isBlocked });
  return {
    ...{ drafts, people, rooms, isBlocked, socket, readMarker },
    threadDrafts: new Drafts(localStore, page.me.id, { prefix: threadDraftPrefix(page.me.id) }),
    sections: new RoomSections(rooms, cookieStore("sidebar"), page.sections),
    presence: new Presence(),
    typing: new TypingIndicator(),
    saved: new SavedMessages(),
    answers: new CommandAnswers(),
    roomCommands: new RoomCommands({ fetch: getJson, send: (type, fields) => socket.send(type, fields) }),
    threads: new Threads({
      isCounted: ({ room, seq, sender }) =>
        sender.id !== page.me.id && !rooms.muted.has(sender.id) && seq > (rooms.get(room)?.last_read_seq ?? 0),
    }),
    draftSync: new DraftSync({ drafts, socket, storage: localStore, user: page.me.id }),
    edits: new EditDrafts(localStore, page.me.id),
    outbox: new Outbox({
      ...{ store, tab, isBlocked, user: page.me.id },
      openTabs: () => openTabs(locks),
      send: (fields) => socket.send("message.post", fields),
    }),
    conversations: new Conversations({ socket, rooms, me: page.me.id, prepare: preloadAttachments }),
    typingSender: new TypingSender((room) => socket.sendAndForget("room.typing", { room })),
    idleDetector: new IdleDetector({
      after: page.limits.idle * 1000,
      onChange: (idle) => socket.sendAndForget("presence.idle", { idle }),
    }),
  };
}

function createSocket({ urls, limits }) {
  return new Socket({
    url: new URL(urls.ws, location.href.replace(/^http/, "ws")).href,
    fallback: () => new EventStream(urls.stream),
    checkSession: () => isLoggedIn(urls.session),
    maxFrame: limits.frame,
  });
}

function createReadMarker(socket) {
  return new ReadMarker((room, seq, { seq: known, markedAt }) =>
    socket.send("room.read", { room, seq, known, marked_unread_at: markedAt }),
  );
}
