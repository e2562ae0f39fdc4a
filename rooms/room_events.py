"""Records room events, and reads them for a page of history.

Room events are outside the messages' numbers and versions, so posting doesn't depend on them.
"""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from functools import reduce
from operator import or_

from django.utils import timezone

from accounts.models import Person, User, public_columns
from accounts.sql import aware, fetch, placeholders, table
from rooms import events
from rooms.models import UNDO_WINDOW, Room, RoomEvent
from rooms.serializers import JSON, serialize_room_event

Kind = RoomEvent.Kind

MOST_PER_MINUTE = 200  # in a room, so that adding fifty people several times is told in full; others aren't recorded
SUPERSEDED_WITHIN = timedelta(minutes=10)
PAGE = 200


def record(room: Room, *new: RoomEvent) -> None:
    """Store the events of an action on a locked room with one statement, and publish them.

    They replace those that they supersede, so someone who joins and leaves a thousand times has one line.
    """
    now = timezone.now()
    latest = RoomEvent.objects.filter(room=room, at__gt=now - timedelta(minutes=1)).count() if new else 0
    new = new[: max(0, MOST_PER_MINUTE - latest)]
    if not new:
        return
    for event in new:
        event.room, event.after_seq, event.at = room, room.last_seq, now
    recent = RoomEvent.objects.filter(room=room, at__gt=now - SUPERSEDED_WITHIN)
    removed = list(recent.filter(reduce(or_, (event.supersedes() for event in new))).values_list("pk", flat=True))
    if removed:
        RoomEvent.objects.filter(pk__in=removed).delete()
    RoomEvent.objects.bulk_create(new)
    Room.objects.filter(pk=room.pk).update(last_event=new[-1].pk)
    events.announce_room_events(room, new, removed)


def withdraw_removal(room: Room, user: User) -> None:
    """Delete the latest event of a user's removal from a locked room, because it has been undone."""
    latest = RoomEvent.objects.filter(room=room, kind=Kind.REMOVED, subject=user, at__gt=timezone.now() - UNDO_WINDOW)
    if event := latest.order_by("pk").last():
        events.announce_room_events(room, [], [event.pk])
        event.delete()


def joined(user: User) -> RoomEvent:
    return RoomEvent(kind=Kind.JOINED, actor=user, subject=user)


def added(actor: User | None, users: Iterable[User]) -> list[RoomEvent]:
    """Return an "added" event for each user, or a "joined" event if there is no actor."""
    return [RoomEvent(kind=Kind.ADDED, actor=actor, subject=user) if actor else joined(user) for user in users]


def left(user: User) -> RoomEvent:
    return RoomEvent(kind=Kind.LEFT, actor=user, subject=user)


def removed(user: User) -> RoomEvent:
    """Return the event of a user who was removed or banned. It doesn't name the moderator."""
    return RoomEvent(kind=Kind.REMOVED, subject=user)


def settings_changed(actor: User | None, room: Room, before: Mapping[str, object]) -> list[RoomEvent]:
    """Return an event for each changed setting that members see."""
    kinds = {"name": Kind.RENAMED, "topic": Kind.TOPIC, "kind": Kind.VISIBILITY}
    changed = {field: getattr(room, field) for field in kinds if getattr(room, field) != before[field]}
    return [RoomEvent(kind=kinds[field], actor=actor, text=value) for field, value in changed.items()]


def converted(actor: User, name: str) -> RoomEvent:
    """Return the event of a group conversation that was made a private room with this name."""
    return RoomEvent(kind=Kind.CONVERTED, actor=actor, text=name)


def archived(actor: User | None, *, is_archived: bool) -> RoomEvent:
    return RoomEvent(kind=Kind.ARCHIVED if is_archived else Kind.UNARCHIVED, actor=actor)


def pinned(actor: User, seq: int, *, message: JSON) -> RoomEvent:
    event = RoomEvent(kind=Kind.PINNED, actor=actor, message_seq=seq)
    event.message = message
    return event


def read_room_events(room_id: int, *, viewer: User, first: int = 0, last: int | None = None) -> list[JSON]:
    """Return the newest events, at most PAGE, that happened after the messages `first` to `last`, in their order.

    Events of people whom the viewer blocks are excluded. `message` is None, as messages are read elsewhere.
    """
    conditions, values = ["event.room_id = %s", "event.after_seq >= %s"], [room_id, first]
    if last is not None:
        conditions.append("event.after_seq <= %s")
        values.append(last)
    if blocked := viewer.blocked_ids:
        for column in ("actor_id", "subject_id"):
            conditions.append(f"COALESCE(event.{column}, 0) NOT IN ({placeholders(len(blocked))})")
            values += blocked
    sql = (
        "SELECT event.id, event.kind, event.at, event.after_seq, event.text, event.message_seq, "  # noqa: S608
        f"{public_columns('actor')}, {public_columns('subject')} FROM {table(RoomEvent)} event "
        f"LEFT JOIN {table(User)} actor ON actor.id = event.actor_id "
        f"LEFT JOIN {table(User)} subject ON subject.id = event.subject_id "
        f"WHERE {' AND '.join(conditions)} ORDER BY event.after_seq DESC, event.id DESC LIMIT {PAGE:d}"
    )
    found = []
    for pk, kind, at, after_seq, text, message_seq, *people in reversed(fetch(sql, values)):
        actor, subject = (Person(*columns) if columns[0] else None for columns in (people[:5], people[5:]))
        row = {"id": pk, "kind": kind, "after_seq": after_seq, "text": text, "message_seq": message_seq}
        found.append(serialize_room_event(**row, message=None, at=aware(at), actor=actor, subject=subject))
    return found
