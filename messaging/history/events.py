"""Messages as the live protocol and the page show them."""

from collections.abc import Iterable
from typing import Any

from accounts.models import User
from accounts.profile.notices import leave_notice
from live import envelope
from live.envelope import encoded
from live.publish import publish, publish_all
from live.topics import room_topic, user_topic
from messaging.attachments.serializers import files_of, names_in
from messaging.history.journal import Changes
from messaging.models import Message, Report
from messaging.rendering import excerpt
from rooms.events import person, time_text
from rooms.models import Room

Event = dict[str, Any]


def shown(message: Message) -> Event:
    """A message for everybody in the room; needs `Message.objects.complete()`."""
    event: Event = {
        "id": message.pk,
        "room": message.room_id,
        "seq": message.seq,
        "version": message.version,
        "sender": person(message.sender),
        "at": time_text(message.created_at),
        "edited_at": time_text(message.edited_at),
        "deleted_at": time_text(message.deleted_at),
        "reply_to": _quoted(message.reply_to),
        "reactions": [],
        "mentions": [],
        "pinned_at": time_text(message.pinned_at),
    }
    if message.deleted_at is None:
        event |= {"body": message.body, "html": message.html, "attachments": files_of(message)}
    return event


def shown_to(viewer: User, message: Message) -> Event:
    """The same for one person: with `client_id`, which only its sender gets, and no quotation of people they block."""
    event = shown(message) if message.sender_id != viewer.pk else _shown_to_sender(message)
    if event["reply_to"] and event["reply_to"]["sender"]["id"] in viewer.blocked_ids:
        event["reply_to"] = None
    return event


def _shown_to_sender(message: Message) -> Event:
    return shown(message) | {"client_id": str(message.client_id)}


def _quoted(message: Message | None) -> Event | None:
    if message is None:
        return None
    return {
        "id": message.pk,
        "seq": message.seq,
        "sender": person(message.sender),
        "excerpt": excerpt(message.html) or names_in(message),
    }


def room_changes(room_id: int, since: int, changes: Changes, *, viewer: User | None) -> Event:
    """`room.changes`, for one person, or for everybody in the room when `viewer` is None."""
    return {
        "type": "room.changes",
        "room": room_id,
        "since": since,
        "version": changes.version,
        "messages": [shown_to(viewer, message) if viewer else shown(message) for message in changes.messages],
        "more": changes.more,
        "reset": changes.reset,
    }


def announce_cleared(user: User, room: Room) -> None:
    """The person's other tabs load the room anew."""
    publish(user_topic(user.pk), room_changes(room.pk, 0, Changes([], room.version, reset=True), viewer=user))


def announce_settled(report: Report) -> None:
    event = {"type": "report.settled", "report": report.pk, "outcome": report.outcome, "detail": report.says}
    publish(user_topic(report.reporter_id), event)
    leave_notice(report.reporter_id, report.says)


def announce_warning(message: Message) -> None:
    """Its author is told; needs the room."""
    place = "a direct conversation" if message.room.is_direct else message.room.name
    detail = f"An admin has warned you about a message you sent in {place}."
    event = {"type": "warning", "room": message.room_id, "message": message.pk, "detail": detail}
    publish(user_topic(message.sender_id), event)
    leave_notice(message.sender_id, detail)


def own_text(message: Message) -> str:
    """A message as its sender sees it, as JSON."""
    return message.own_text or encoded(_shown_to_sender(message))


def people_in(message: Message) -> tuple[int, ...]:
    """Whose words the event of a message shows: who blocks one of them gets another event."""
    quoted = message.reply_to
    return (message.sender_id,) if quoted is None else (message.sender_id, quoted.sender_id)


def announce_posted(messages: Iterable[Message]) -> None:
    publish_all([_event_of("message.posted", message) for message in messages])


def announce_changed(*messages: Message) -> None:
    publish_all([_event_of("message.changed", message) for message in messages])


def _event_of(kind: str, message: Message) -> envelope.Event:
    """Encoded once: the sender's event is everybody's with one field more."""
    head = f'{{"type":"{kind}","room":{message.room_id},"version":{message.version},"message":'
    text = encoded(shown(message))
    message.own_text = f'{{"client_id":"{message.client_id}",{text[1:]}'
    return envelope.Event(
        topic=room_topic(message.room_id),
        text=f"{head}{text}}}",
        version=message.version,
        author=message.sender_id,
        author_text=f"{head}{message.own_text}}}",
        about=people_in(message),
    )
