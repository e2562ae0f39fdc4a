"""Publishes changes of rooms, memberships and users to the affected pages, after the commit."""

from collections.abc import Sequence
from datetime import datetime

from django.db.models import F, QuerySet
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.presence.availability import availability, presence_lists
from accounts.profile.notices import leave_notice, withdraw_notice
from live.envelope import SetBlocklist, Subscribe, Unsubscribe
from live.publish import publish
from live.topics import preview_topic, room_topic, user_topic
from rooms.models import Ban, Room, RoomEvent, conversation_key
from rooms.rows import read_sections
from rooms.serializers import (
    JSON,
    serialize_own_profile,
    serialize_person,
    serialize_room,
    serialize_room_event,
    serialize_room_for,
    serialize_rooms_for,
    serialize_time,
)


def announce_joined(*users: User, room: Room, added_by: User | None = None) -> None:
    """Add the room to these users' pages and subscribe them to it, and tell them who added them, if anyone did."""
    _bump_room_lists(User.objects.filter(pk__in=[user.pk for user in users]))
    for user in users:
        _publish_joined(user, room, added_by)


def announce_left(user: User, room: Room, reason: str, *, heir: User | None = None, ban: Ban | None = None) -> None:
    """Remove the room from a former member's pages, and the member from the pages of the remaining members.

    reason: 'left', 'removed' or 'banned'. heir: the new owner, who gets the room with the new role.
    """
    _bump_room_lists(User.objects.filter(pk__in=[person.pk for person in (user, heir) if person]))
    event = {"type": "room.left", "room": room.pk, "reason": reason}
    if ban is not None:
        event["ban"] = _serialize_ban(ban)
        leave_notice(user.pk, _ban_notice(user, room))
    publish(user_topic(user.pk), event, Unsubscribe(user_topic(user.pk), room_topic(room.pk)))
    parted = {"type": "room.parted", "room": room.pk, "user": user.pk}
    publish(room_topic(room.pk), parted, about=(user.pk,))
    if heir is not None:
        _publish_joined(heir, room)


def withdraw_ban_notice(user: User, room: Room) -> None:
    """Take back the notice of a ban that has been undone, if the user hasn't seen it."""
    withdraw_notice(user.pk, _ban_notice(user, room))


def leave_ownership_notice(user: User, previous: User, room: Room) -> None:
    """Tell someone who is offline that a room was transferred to them. Online, the room comes with its new role."""
    with translation.override(user.preferred_language):
        notice = _("%(name)s made you an owner of %(room)s.") % {"name": previous.name, "room": room.name}
    leave_notice(user.pk, notice)


def announce_updated(room: Room) -> None:
    """Send the room's new properties to its members, as its next revision."""
    Room.objects.filter(pk=room.pk).update(revision=F("revision") + 1)
    room.refresh_from_db(fields=["revision", "version", "last_event", "last_seq", "last_at"])
    publish(room_topic(room.pk), {"type": "room.updated", "room": serialize_room(room)})


def announce_room_events(room: Room, new: Sequence[RoomEvent], removed: Sequence[int]) -> None:
    """Send new room events to the room's members, with the ids of the events that they replace."""
    authors = {each.message["sender"] for each in new if each.message}
    about = authors | {user_id for each in new for user_id in (each.actor_id, each.subject_id) if user_id}
    event = {
        "type": "room.event",
        "room": room.pk,
        "events": [_serialize_event(each) for each in new],
        "removed": removed,
    }
    publish(room_topic(room.pk), event, about=tuple(sorted(about)))


def announce_deleted(room: Room) -> None:
    """Remove the room from its members' pages. Call this before the memberships are deleted."""
    _bump_room_lists(User.objects.filter(pk__in=room.memberships.values("user")))
    event = {"type": "room.left", "room": room.pk, "reason": "deleted"}
    publish(room_topic(room.pk), event, Unsubscribe(room_topic(room.pk), room_topic(room.pk)))
    _end_previews(room, "deleted")


def announce_hidden(room: Room) -> None:
    """Close a room that has become private on the pages of those who preview it."""
    _end_previews(room, "private")


def announce_outsider_banned(user: User, room: Room, ban: Ban) -> None:
    """Close the room on the pages of a banned user who previews it."""
    event = {"type": "room.left", "room": room.pk, "reason": "banned", "ban": _serialize_ban(ban)}
    publish(user_topic(user.pk), event, Unsubscribe(user_topic(user.pk), preview_topic(room.pk)))


def announce_profile(user: User) -> None:
    """Send a changed profile to the user's own pages. Other users get it with the next presence broadcast."""
    User.objects.filter(pk=user.pk).update(changed_at=timezone.now())
    publish(user_topic(user.pk), {"type": "person.changed", "person": serialize_own_profile(user)})


def announce_read(user_id: int, room_id: int, seq: int) -> None:
    publish(user_topic(user_id), {"type": "room.read", "room": room_id, "seq": seq})


def announce_unread(user_id: int, room_id: int, seq: int, at: datetime, mentions: Sequence[int]) -> None:
    """Announce that the message `seq` and all later ones were marked as unread at this time.

    `mentions`: the numbers of those that mention the user.
    """
    event = {"type": "room.unread", "room": room_id, "seq": seq, "marked_unread_at": serialize_time(at)}
    event |= {"mention_seqs": list(mentions)}
    publish(user_topic(user_id), event)


def announce_blocked(user: User, other: User) -> None:
    """Remove `other`, whom `user` has blocked, and their direct room from `user`'s pages."""
    _forget_blocklist(user)
    _bump_room_lists(User.objects.filter(pk=user.pk))
    for room_id in _direct_between(user, other):
        event: JSON = {"type": "room.left", "room": room_id, "reason": "blocked"}
        publish(user_topic(user.pk), event, Unsubscribe(user_topic(user.pk), room_topic(room_id)))
    topic = user_topic(user.pk)
    publish(topic, blocked_event(user, other.pk), SetBlocklist(topic, user.blocked_ids))


def announce_unblocked(user: User, other: User) -> None:
    """Show `other` and their direct room on `user`'s pages again."""
    _forget_blocklist(user)
    _bump_room_lists(User.objects.filter(pk=user.pk))
    topic = user_topic(user.pk)
    publish(topic, unblocked_event(user, other.pk), SetBlocklist(topic, user.blocked_ids))
    for room in Room.objects.filter(pk__in=_direct_between(user, other)):
        _publish_joined(user, room)


def blocked_event(user: User, other_id: int) -> JSON:
    return {"type": "person.hidden", "user": other_id, "rooms": serialize_rooms_for(user)}


def unblocked_event(user: User, other_id: int) -> JSON:
    other = User.objects.filter(pk=other_id).annotate(availability=availability(user)).get()
    presence = presence_lists({other_id: other.availability})
    return {"type": "person.shown", "user": other_id, **presence, "rooms": serialize_rooms_for(user)}


def announce_muted(user: User) -> None:
    _forget_blocklist(user)
    event = {"type": "people.muted", "users": sorted(user.blocklist.muted), "rooms": serialize_rooms_for(user)}
    publish(user_topic(user.pk), event)


def announce_membership(user: User, room_id: int, **fields: bool | int | str | None) -> None:
    """Send changed fields of a room that only concern this user to their pages."""
    publish(user_topic(user.pk), {"type": "room.updated", "room": {"id": room_id, **fields}})


def announce_sections(user: User) -> None:
    """Send the user's own sections of the sidebar to their pages."""
    publish(user_topic(user.pk), {"type": "sections.changed", "sections": read_sections([user.pk]).get(user.pk, [])})


def _ban_notice(user: User, room: Room) -> str:
    with translation.override(user.preferred_language):
        return _("You’ve been banned from %(room)s. See Rooms for details.") % {"room": room.name}


def _serialize_event(event: RoomEvent) -> JSON:
    return serialize_room_event(
        id=event.pk,
        kind=event.kind,
        at=event.at,
        after_seq=event.after_seq,
        actor=event.actor,
        subject=event.subject,
        text=event.text,
        message_seq=event.message_seq,
        message=event.message,
    )


def _serialize_ban(ban: Ban) -> JSON:
    return {"reason": ban.reason, "until": serialize_time(ban.until)}


def _end_previews(room: Room, reason: str) -> None:
    topic = preview_topic(room.pk)
    publish(topic, {"type": "room.left", "room": room.pk, "reason": reason}, Unsubscribe(topic, topic))


def _forget_blocklist(user: User) -> None:
    user.__dict__.pop("blocklist", None)


def _direct_between(user: User, other: User) -> list[int]:
    return list(Room.objects.filter(conversation_key=conversation_key(user, other)).values_list("pk", flat=True))


def _publish_joined(user: User, room: Room, added_by: User | None = None) -> None:
    event = {"type": "room.joined", "room": serialize_room_for(user, room)}
    if added_by is not None:
        event["added_by"] = serialize_person(added_by)
    topic = user_topic(user.pk)
    subscribe = Subscribe(topic, room_topic(room.pk), baseline=room.version)
    publish(topic, event, subscribe, Unsubscribe(topic, preview_topic(room.pk)))


def _bump_room_lists(people: QuerySet[User]) -> None:
    """Increment the versions of these users' room lists.

    Call this once per action. It locks users in order of their ids, because two actions that lock the same two users in
    a different order would deadlock.
    """
    list(people.order_by("pk").select_for_update(no_key=True).values_list("pk"))
    people.update(rooms_version=F("rooms_version") + 1)
