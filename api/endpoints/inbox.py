"""Endpoints for what awaits a person: unread conversations, followed threads, drafts and their own reports."""

from typing import Annotated, Any

import msgspec
from django.conf import settings
from msgspec import Meta

from accounts.models import Scope, User
from api import schemas
from api.paging import Cursor, page_after
from api.routing import Group
from messaging.attachments.limits import storage_used
from messaging.history.events import serialize_for
from messaging.history.followed_threads import read_followed
from messaging.history.inbox import MAX_CONVERSATIONS, Conversation, read_inbox
from messaging.mentions.unread import MOST
from messaging.models import Attachment, MessageRow, Report
from messaging.posting import inbox as actions
from messaging.posting.drafts import read_drafts
from messaging.runtime.protocol import Id, Number
from rooms.serializers import serialize_time

JSON = dict[str, Any]

group = Group("Inbox")


class Nothing(msgspec.Struct):
    pass


class OnePage(msgspec.Struct):
    before: Cursor = ""


class Position(msgspec.Struct):
    room: Id
    seq: Number


class Positions(msgspec.Struct):
    positions: Annotated[list[Position], Meta(min_length=1, max_length=MAX_CONVERSATIONS)]


class EarlierPosition(Position):
    mentions: Annotated[list[Number], Meta(max_length=MOST)] = []


class EarlierPositions(msgspec.Struct):
    positions: Annotated[list[EarlierPosition], Meta(min_length=1, max_length=MAX_CONVERSATIONS)]


class ListThreads(msgspec.Struct):
    before: Id | None = None


@group.endpoint("GET /inbox", scope=Scope.READ, returns=schemas.Inbox)
def show_inbox(user: User, parameters: Nothing) -> JSON:
    """Show the conversations with unread messages.

    Those for you come first, then the latest; of muted rooms, only mentions count. Each has up to three messages.
    """
    found = read_inbox(user)
    messages = _serialized(user, [message for each in found.conversations for message in each.messages])
    conversations = [_serialize(each, messages) for each in found.conversations]
    return {"conversations": conversations, "remaining": found.remaining}


@group.endpoint("PUT /inbox/read", scope=Scope.WRITE, returns=schemas.Positions)
def read_conversations(user: User, parameters: Positions) -> JSON:
    """Mark several conversations as read.

    `positions`: the ids of rooms, each with the number `seq` of the newest message that you have read. Returns the
    positions before, to undo it with `PUT /inbox/unread`.
    """
    before = actions.mark_read(
        user=user, up_to=[actions.Position(each.room, each.seq) for each in parameters.positions]
    )
    return {"positions": [{"room": each.room_id, "seq": each.seq, "mentions": each.mentions} for each in before]}


@group.endpoint("PUT /inbox/unread", scope=Scope.WRITE)
def unread_conversations(user: User, parameters: EarlierPositions) -> None:
    """Mark the messages after these positions as unread.

    `mentions`: the numbers of messages before the position that mention you since an edit, and that were unread.
    """
    positions = [actions.Position(each.room, each.seq, tuple(each.mentions)) for each in parameters.positions]
    actions.mark_unread(user=user, positions=positions)


@group.endpoint("GET /threads", scope=Scope.READ, returns=schemas.FollowedThreads)
def list_threads(user: User, parameters: ListThreads) -> JSON:
    """List the threads that you follow, those with the newest replies first.

    `before`: the `next` of the previous page.
    """
    page = read_followed(user, before=parameters.before)
    messages = _serialized(user, [message for each in page.threads for message in (each.root, each.newest)])
    threads = [
        {"root": messages[each.root.pk], "newest": messages[each.newest.pk], "unread": each.unread}
        for each in page.threads
    ]
    return {"threads": threads, "next": page.next}


@group.endpoint("GET /drafts", scope=Scope.READ, returns=schemas.Drafts)
def list_drafts(user: User, parameters: Nothing) -> JSON:
    """List your drafts."""
    return {"drafts": read_drafts({user.pk: user.blocklist}).get(user.pk, [])}


@group.endpoint("GET /me/reports", scope=Scope.READ, returns=schemas.OwnReports)
def list_own_reports(user: User, parameters: OnePage) -> JSON:
    """List the messages that you reported, and the outcomes, the latest first.

    `before`: the `next` of the previous page.
    """
    own = Report.objects.filter(reporter=user)
    reports, following = page_after(own, parameters.before, order=["-created_at", "-id"], field="before")
    return {"reports": list(map(_serialize_report, reports)), "next": following}


@group.endpoint("GET /me/storage", scope=Scope.READ, returns=schemas.Storage)
def show_storage(user: User, parameters: Nothing) -> JSON:
    """Show how many bytes your files take, and how many they may take, or null if there is no limit."""
    files = Attachment.objects.filter(uploader=user).count()
    return {"used": storage_used(user), "allowed": settings.CHAT_QUOTA or None, "files": files}


def _serialized(user: User, messages: list[MessageRow]) -> dict[int, JSON]:
    return {message["id"]: message for message in serialize_for(user, *messages)}


def _serialize(conversation: Conversation, messages: dict[int, JSON]) -> JSON:
    return {
        "room": conversation.room,
        "is_for_you": conversation.is_for_me,
        "count": conversation.count,
        "mentions": sorted(conversation.mentions),
        "replies": sorted(conversation.replies),
        "messages": [messages[message.pk] for message in conversation.messages],
    }


def _serialize_report(report: Report) -> JSON:
    return {
        "id": report.pk,
        "message": report.message_id,
        "reason": report.reason,
        "created_at": serialize_time(report.created_at),
        "outcome": report.outcome or None,
        "detail": str(report.outcome_text),
    }
