"""Endpoints for saved messages, reminders and scheduled messages."""

from typing import Any
from uuid import UUID

import msgspec

from accounts.models import Scope, User
from api import schemas
from api.routing import Group
from messaging.history.events import serialize_for
from messaging.history.saved import Position, read_saved
from messaging.history.scheduled import read_scheduled
from messaging.models import ScheduledMessage
from messaging.runtime.protocol import Id
from messaging.runtime.values import Time
from messaging.saved.actions import remove_saved, save_message
from messaging.saved.reminders import cancel_reminder, dismiss_reminder, set_reminder
from messaging.scheduled.actions import change_scheduled, delete_scheduled, schedule_message, send_now
from messaging.web.saved import parse_position, position_text
from rooms.serializers import serialize_time

JSON = dict[str, Any]

group = Group("Saved and scheduled")


class Nothing(msgspec.Struct):
    pass


class ListSaved(msgspec.Struct):
    before: str = ""
    reminders: bool = False


class OneMessage(msgspec.Struct):
    message: Id


class Remind(msgspec.Struct):
    message: Id
    at: Time


class Schedule(msgspec.Struct):
    room: Id
    client_id: UUID
    body: str
    at: Time
    reply_to: Id | None = None


class Reschedule(msgspec.Struct):
    client_id: UUID
    body: str
    at: Time


class OneScheduled(msgspec.Struct):
    client_id: UUID


@group.endpoint("GET /saved", scope=Scope.READ, returns=schemas.SavedMessages)
def list_saved(user: User, parameters: ListSaved) -> JSON:
    """List the messages that you saved, the latest first.

    `reminders`: only those with a reminder. `before`: the `next` of the previous page.
    """
    before: Position | None = parse_position(parameters.before) if parameters.before else None
    page = read_saved(user, before=before, only_reminders=parameters.reminders)
    messages = serialize_for(user, *(message for _saved, message in page.entries))
    saved = [
        {
            "message": message,
            "saved_at": serialize_time(each.saved_at),
            "remind_at": serialize_time(each.remind_at),
            "due_at": serialize_time(each.due_at),
        }
        for (each, _message), message in zip(page.entries, messages, strict=True)
    ]
    return {"saved": saved, "next": page.next and position_text(page.next)}


@group.endpoint("PUT /messages/{message}/saved", scope=Scope.WRITE)
def save(user: User, parameters: OneMessage) -> None:
    """Save a message for later."""
    save_message(user=user, message_id=parameters.message)


@group.endpoint("DELETE /messages/{message}/saved", scope=Scope.WRITE)
def unsave(user: User, parameters: OneMessage) -> None:
    """Remove a message from the saved ones."""
    remove_saved(user=user, message_id=parameters.message)


@group.endpoint("PUT /messages/{message}/reminder", scope=Scope.WRITE)
def remind(user: User, parameters: Remind) -> None:
    """Remind yourself of a message, which is saved, too."""
    set_reminder(user=user, message_id=parameters.message, at=parameters.at)


@group.endpoint("DELETE /messages/{message}/reminder", scope=Scope.WRITE)
def forget(user: User, parameters: OneMessage) -> None:
    """Cancel a reminder. The message stays saved."""
    cancel_reminder(user=user, message_id=parameters.message)


@group.endpoint("DELETE /messages/{message}/reminder/notice", scope=Scope.WRITE)
def dismiss(user: User, parameters: OneMessage) -> None:
    """Dismiss a reminder that is due."""
    dismiss_reminder(user=user, message_id=parameters.message)


@group.endpoint("GET /scheduled", scope=Scope.READ, returns=schemas.ScheduledMessages)
def list_scheduled(user: User, parameters: Nothing) -> JSON:
    """List your scheduled messages: first those that were refused, then the others in their order."""
    return {"scheduled": [_serialize(entry.scheduled) for entry in read_scheduled(user)]}


@group.endpoint("POST /rooms/{room}/scheduled", scope=Scope.WRITE, returns=schemas.ScheduledMessage, status=201)
def schedule(user: User, parameters: Schedule) -> JSON:
    """Schedule a message.

    Repeating a request with the same `client_id` schedules nothing else, and neither does the message's delivery.
    """
    scheduled = schedule_message(
        user=user,
        room_id=parameters.room,
        body=parameters.body,
        at=parameters.at,
        client_id=parameters.client_id,
        reply_to_id=parameters.reply_to,
    )
    return _serialize(scheduled)


@group.endpoint("PUT /scheduled/{client_id}", scope=Scope.WRITE, returns=schemas.ScheduledMessage)
def reschedule(user: User, parameters: Reschedule) -> JSON:
    """Change the text and the time of a scheduled message."""
    changed = change_scheduled(user=user, client_id=parameters.client_id, body=parameters.body, at=parameters.at)
    return _serialize(changed)


@group.endpoint("DELETE /scheduled/{client_id}", scope=Scope.WRITE)
def unschedule(user: User, parameters: OneScheduled) -> None:
    """Delete a scheduled message."""
    delete_scheduled(user=user, client_id=parameters.client_id)


@group.endpoint("POST /scheduled/{client_id}/delivery", scope=Scope.WRITE)
def deliver(user: User, parameters: OneScheduled) -> None:
    """Send a scheduled message now."""
    send_now(user=user, client_id=parameters.client_id)


def _serialize(scheduled: ScheduledMessage) -> JSON:
    return {
        "client_id": str(scheduled.client_id),
        "room": scheduled.room_id,
        "body": scheduled.body,
        "reply_to": scheduled.reply_to_id,
        "at": serialize_time(scheduled.post_at),
        "problem": scheduled.problem if scheduled.is_refused else None,
    }
