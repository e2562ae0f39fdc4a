"""Endpoints that read messages, and those that post and change them, which are commands of the live protocol."""

from datetime import UTC
from typing import Annotated, Any

import msgspec
from django.utils.translation import gettext as _
from msgspec import Meta

from accounts.models import Scope, User
from api import schemas
from api.routing import Group
from messaging.errors import NO_MESSAGE
from messaging.history import events, journal
from messaging.history.conversation import serialize_page
from messaging.history.revisions import read_versions
from messaging.history.threads import read_thread
from messaging.models import Message
from messaging.reactions.people import first_people, more_people
from messaging.runtime import protocol
from messaging.runtime.protocol import Id, Number
from messaging.runtime.values import Time
from rooms.errors import Invalid, NotFound
from rooms.permissions import find_room
from rooms.serializers import serialize_time

JSON = dict[str, Any]

group = Group("Messages")


class ListMessages(msgspec.Struct):
    room: Id
    before: Number | None = None
    after: Number | None = None
    around: Number | None = None
    limit: Annotated[int, Meta(ge=1, le=journal.PAGE)] = journal.PAGE


class OneMessage(msgspec.Struct):
    message: Id


class InRoom(msgspec.Struct):
    room: Id


class InThread(msgspec.Struct):
    room: Id
    thread: Id
    before: Number | None = None


class ListChanges(msgspec.Struct):
    room: Id
    since: Number


class ListVersions(msgspec.Struct):
    message: Id
    before: Id | None = None


class FindFirst(msgspec.Struct):
    room: Id
    since: Time


class ListReactions(msgspec.Struct):
    message: Id
    emoji: Annotated[str, Meta(min_length=1, max_length=64)] | None = None
    offset: Number = 0


@group.endpoint("GET /rooms/{room}/messages", scope=Scope.READ, returns=schemas.MessagePage)
def list_messages(user: User, parameters: ListMessages) -> JSON:
    """List a room's messages.

    Returns the newest ones, or those `before`, `after` or `around` the message with this `seq`, in the order of their
    numbers.
    """
    room = find_room(user, parameters.room)
    floor, limit = journal.floor_of(user, room.pk), parameters.limit
    given = [name for name in ("before", "after", "around") if getattr(parameters, name) is not None]
    if len(given) > 1:
        raise Invalid(_("Give only one of before, after and around."), field=given[0])
    if parameters.after is not None:
        page = journal.after(room.pk, parameters.after, viewer=user, floor=floor, limit=limit)
    elif parameters.around is not None:
        page = journal.around(room.pk, parameters.around, viewer=user, floor=floor, limit=limit)
    else:
        page = journal.before(room.pk, parameters.before, viewer=user, floor=floor, limit=limit)
    return {**serialize_page(user, room.pk, page, floor=floor), "version": room.version}


@group.endpoint("GET /rooms/{room}/changes", scope=Scope.READ, returns=schemas.Changes)
def list_changes(user: User, parameters: ListChanges) -> JSON:
    """List what has changed in a room.

    Returns the messages that were posted or changed after the version `since`, each in its newest state. Keep the
    `version`, and pass it as `since` the next time.
    """
    room = find_room(user, parameters.room)
    floor = journal.floor_of(user, room.pk)
    changes = journal.changes_since(room.pk, parameters.since, viewer=user, newest=room.version, floor=floor)
    event = events.room_changes(room.pk, parameters.since, changes, viewer=user)
    return {name: value for name, value in event.items() if name != "type"}


@group.endpoint("GET /messages/{message}", scope=Scope.READ, returns=schemas.Message)
def show_message(user: User, parameters: OneMessage) -> JSON:
    """Show a message, unless it was deleted."""
    found = Message.objects.readable_by(user).seen_by(user).filter(pk=parameters.message)
    place = found.values_list("room_id", "seq").first()
    message = place and journal.find_message(
        place[0], parameters.message, viewer=user, floor=journal.floor_of(user, place[0])
    )
    if not message:
        raise NotFound(NO_MESSAGE)
    return events.serialize_for(user, message)[0]


@group.endpoint("GET /messages/{message}/history", scope=Scope.READ, returns=schemas.Versions)
def list_versions(user: User, parameters: ListVersions) -> JSON:
    """List the texts that a message had, the newest first.

    `before`: the `next` of the previous page.
    """
    history = read_versions(user, parameters.message, before=parameters.before)
    versions = [{"number": each.number, "at": serialize_time(each.at), "body": each.body} for each in history.versions]
    return {"versions": versions, "next": history.next}


@group.endpoint("GET /rooms/{room}/first-message", scope=Scope.READ, returns=schemas.FirstMessage)
def find_first_message(user: User, parameters: FindFirst) -> JSON:
    """Find the first message that was posted at a time or later.

    `since`: a time with its zone. Pass the returned `seq` as `around` to list the messages there.
    """
    room = find_room(user, parameters.room)
    floor = journal.floor_of(user, room.pk)
    return {"seq": journal.first_since(room, parameters.since.astimezone(UTC), viewer=user, floor=floor)}


@group.endpoint("GET /rooms/{room}/pins", scope=Scope.READ, returns=schemas.Messages)
def list_pins(user: User, parameters: InRoom) -> JSON:
    """List a room's pinned messages, the most recently pinned first."""
    room = find_room(user, parameters.room)
    pinned = journal.pinned(room.pk, viewer=user, floor=journal.floor_of(user, room.pk))
    return {"messages": events.serialize_for(user, *pinned)}


@group.endpoint("GET /rooms/{room}/threads/{thread}", scope=Scope.READ, returns=schemas.ThreadPage)
def show_thread(user: User, parameters: InThread) -> JSON:
    """Show a thread.

    Returns its first message, whose id is `thread`, and the newest 100 replies, or those before the number `before`.
    """
    room = find_room(user, parameters.room)
    floor = journal.floor_of(user, room.pk)
    page = read_thread(room.pk, parameters.thread, viewer=user, floor=floor, before=parameters.before)
    if page is None:
        raise NotFound(NO_MESSAGE)
    found = [page.root, *page.replies] if page.root else page.replies
    return {"messages": events.serialize_for(user, *found), "has_older": page.has_older}


@group.endpoint("GET /messages/{message}/reactions", scope=Scope.READ, returns=schemas.ReactorsByEmoji)
def list_reactions(user: User, parameters: ListReactions) -> JSON:
    """List who reacted to a message.

    Returns the first people for each emoji, or those for `emoji`, without the first `offset`.
    """
    seen = Message.objects.readable_by(user).seen_by(user).filter(pk=parameters.message)
    message = seen.only("pk", "reactions").first()
    if message is None:
        raise NotFound(NO_MESSAGE)
    if parameters.emoji is None:
        return {"reactions": first_people(message, user)}
    return {"reactions": [more_people(message, user, parameters.emoji, parameters.offset)]}


group.command(
    "POST /rooms/{room}/messages",
    protocol.PostMessage,
    """Post a message.

    Repeating a request with the same `client_id` posts nothing else, however much later, and returns the message that
    was stored first. Without a `client_id`, each request posts a message.""",
    returns=schemas.Posted,
    status=201,
)
group.command(
    "PATCH /messages/{message}",
    protocol.EditMessage,
    """Edit a message.

    `edited_at`: the value on which the edit is based, or null. If the message has been edited since, nothing changes,
    and the error is `conflict`.""",
    returns=schemas.Message,
    field="message",
)
group.command("DELETE /messages/{message}", protocol.DeleteMessage, "Delete a message.")
group.command("PUT /messages/{message}/pin", protocol.PinMessage, "Pin a message.")
group.command("DELETE /messages/{message}/pin", protocol.UnpinMessage, "Unpin a message.")
group.command(
    "PUT /messages/{message}/reactions/{emoji}",
    protocol.AddReaction,
    """React to a message.

    `emoji`: one emoji, percent-encoded in the path.""",
)
group.command("DELETE /messages/{message}/reactions/{emoji}", protocol.RemoveReaction, "Remove a reaction.")
group.command(
    "DELETE /messages/{message}/previews/{preview}",
    protocol.RemoveLinkPreview,
    "Remove the preview of a link from one of your messages or, as a moderator, from anyone’s.",
)
group.command(
    "POST /preview",
    protocol.PreviewMessage,
    "Render a message without posting it.",
    returns=schemas.Preview,
)
