"""Endpoints for what a person has read, their drafts, mentions and threads."""

from typing import Any

import msgspec

from accounts.models import Scope, User
from api import schemas
from api.routing import Group
from messaging.history.events import serialize_for
from messaging.history.mentions import mentions_of
from messaging.runtime import protocol
from messaging.runtime.protocol import Id
from messaging.threads.actions import follow_thread, unfollow_thread

JSON = dict[str, Any]

group = Group("Reading")


class ListMentions(msgspec.Struct):
    before: Id | None = None


class OneThread(msgspec.Struct):
    room: Id
    thread: Id


@group.endpoint("GET /mentions", scope=Scope.READ, returns=schemas.NumberedMessages)
def list_mentions(user: User, parameters: ListMentions) -> JSON:
    """List the messages that mention you, the newest first.

    `before`: the `next` of the previous page.
    """
    page = mentions_of(user, before=parameters.before)
    return {"messages": serialize_for(user, *page.messages), "next": page.next}


@group.endpoint("PUT /rooms/{room}/threads/{thread}/follow", scope=Scope.WRITE)
def follow(user: User, parameters: OneThread) -> None:
    """Follow a thread."""
    follow_thread(user=user, room_id=parameters.room, thread_id=parameters.thread)


@group.endpoint("DELETE /rooms/{room}/threads/{thread}/follow", scope=Scope.WRITE)
def unfollow(user: User, parameters: OneThread) -> None:
    """Unfollow a thread."""
    unfollow_thread(user=user, room_id=parameters.room, thread_id=parameters.thread)


group.command(
    "PUT /rooms/{room}/read",
    protocol.ReadRoom,
    """Mark a room as read.

    `seq`: the number of the newest message that you have read.""",
    returns=schemas.ReadMarker,
)
group.command(
    "PUT /rooms/{room}/unread",
    protocol.MarkUnread,
    """Mark messages as unread.

    `seq`: the number of the first of them.""",
    returns=schemas.ReadMarker,
)
group.command(
    "PUT /threads/{thread}/read",
    protocol.ReadThread,
    """Mark a thread as read.

    `seq`: the number of the newest reply that you have read.""",
)
group.command(
    "PUT /rooms/{room}/mentions/read",
    protocol.ReadMentions,
    """Mark mentions as read that edits added to messages.

    `seqs`: the numbers of these messages. Others are read with the room.""",
)
group.command(
    "PUT /rooms/{room}/draft",
    protocol.SetDraft,
    """Store a draft, which your pages show.

    `known`: the `version` of the draft that you changed, or 0. If another one is stored by now, it stays, and is
    returned.""",
    returns=schemas.Draft,
    field="draft",
)
group.command("POST /rooms/{room}/typing", protocol.TypeInRoom, "Show that you are typing, for a few seconds.")
