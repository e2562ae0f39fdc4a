"""What the live protocol's commands do, apart from those that are gathered: posts and read marks."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NoReturn

from accounts import audit
from accounts.models import User
from live.publish import publish_now
from live.socket import Socket
from live.topics import room_topic
from messaging.history import events, journal
from messaging.posting import actions
from messaging.runtime import protocol
from rooms import events as room_events
from rooms.errors import Forbidden, NotFound
from rooms.models import Membership, Room
from rooms.permissions import NO_ROOM


@dataclass(frozen=True, slots=True)
class Reply:
    """The fields of the `ok`, and the events that go before it."""

    fields: dict[str, Any] = field(default_factory=dict)
    events: list[dict[str, Any]] = field(default_factory=list)


def carry_out(user: User, command: protocol.AnyCommand, address: str = "") -> Reply:
    """Do what the command says, from this address; raises Refusal. Runs in a thread.

    `user` was read when the socket opened: what they may do now is read again.
    """
    user = User.objects.filter(pk=user.pk, is_active=True).first() or _refuse_suspended()
    with audit.origin(address=address, actor=lambda: user):
        return _carry_out(user, command)


def _carry_out(user: User, command: protocol.AnyCommand) -> Reply:
    match command:
        case protocol.EditMessage():
            message = actions.edit_message(actor=user, message_id=command.message, body=command.body)
            return Reply({"message": events.shown_to(user, message)})
        case protocol.DeleteMessage():
            actions.delete_message(actor=user, message_id=command.message)
        case protocol.PinMessage():
            actions.pin_message(actor=user, message_id=command.message)
        case protocol.UnpinMessage():
            actions.unpin_message(actor=user, message_id=command.message)
        case protocol.Sync():
            return Reply(events=list(_sync(user, command.rooms)))
    return Reply()


def _refuse_suspended() -> NoReturn:
    raise Forbidden("Your account is suspended.")


def type_in_room(socket: Socket, user: User, room_id: int, *, is_told: bool = True) -> None:
    """Tell the room that somebody writes; silently nothing when it was told a moment ago, or of who is invisible.

    With the name: to most pages a person who has said nothing yet is unknown.
    """
    topic = room_topic(room_id)
    if topic not in socket.topics:
        raise NotFound(NO_ROOM)
    if is_told and socket.allow_typing(topic):
        person = room_events.person(user)
        event = {"type": "room.typing", "room": room_id, "user": user.pk, "person": person}
        publish_now(topic, event, about=(user.pk,))


def view_room(socket: Socket, room_id: int | None) -> int | None:
    """The room that is open at this socket from now on. Raises NotFound for one that it does not hear."""
    if room_id is not None and room_topic(room_id) not in socket.topics:
        raise NotFound(NO_ROOM)
    return room_id


def _sync(user: User, rooms: dict[int, int]) -> Iterator[dict[str, Any]]:
    """An event for each room; a query only for those in which something changed."""
    versions = dict(Room.objects.visible_to(user).filter(pk__in=rooms).values_list("pk", "version"))
    floors = dict(Membership.objects.filter(user=user, room_id__in=rooms).values_list("room_id", "cleared_seq"))
    for room_id, known in rooms.items():
        if room_id not in versions:
            yield {"type": "room.left", "room": room_id, "reason": "removed"}
            continue
        floor = floors.get(room_id, 0)
        changes = journal.changes_since(room_id, known, viewer=user, newest=versions[room_id], floor=floor)
        yield events.room_changes(room_id, known, changes, viewer=user)
