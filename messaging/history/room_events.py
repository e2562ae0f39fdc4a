"""Reads room events with the messages that they name: for a page of history, and for pages that missed some."""

from accounts.models import User
from messaging.history import events, journal
from rooms.room_events import PAGE, read_room_events

Event = events.Event


def read_events(room_id: int, *, viewer: User, floor: int, first: int, last: int | None = None) -> list[Event]:
    """Return the events after the messages `first` to `last`, at most PAGE (see `read_room_events`).

    The `message` of a pin is None if the viewer doesn't see it or it was deleted.
    """
    found = read_room_events(room_id, viewer=viewer, first=first, last=last)
    if pinned := [each["message_seq"] for each in found if each["message_seq"] is not None]:
        messages = journal.find_senders(room_id, pinned, viewer=viewer, floor=floor)
        for each in found:
            if message := messages.get(each["message_seq"]):
                each["message"] = events.reference(*message)
    return found


def missed_events(room_id: int, first: int, last_event: int, *, viewer: User, floor: int) -> Event:
    """Return the `room.events` event: all events from the message `first` on, or only the newest PAGE.

    `last_event`: the room's latest event, read before this, so that a later one, which is also published, isn't missed.
    """
    found = read_events(room_id, viewer=viewer, floor=floor, first=max(first, journal.start_of(floor)))
    since = found[0]["after_seq"] + 1 if len(found) == PAGE else first
    return {"type": "room.events", "room": room_id, "since": since, "last_event": last_event, "events": found}
