"""The changes of rooms that a client has missed, as the events that answer its `sync`."""

from accounts.models import User
from live.envelope import encoded
from messaging.history import events, journal

MAX_SYNC_CHARACTERS = 500_000


def changes_of_rooms(
    user: User, known_versions: dict[int, int], versions: dict[int, int], floors: dict[int, int]
) -> list[str]:
    """Return an event for each room. Beyond MAX_SYNC_CHARACTERS, they contain only `more`."""
    texts: list[str] = []
    size = 0
    for room_id, known in known_versions.items():
        if (newest := versions.get(room_id)) is None:
            event = {"type": "room.left", "room": room_id, "reason": "removed"}
        elif size > MAX_SYNC_CHARACTERS and known != newest:
            event = events.room_changes(room_id, known, journal.Changes([], known, more=True), viewer=user)
        else:
            floor = floors.get(room_id, 0)
            changes = journal.changes_since(room_id, known, viewer=user, newest=newest, floor=floor)
            event = events.room_changes(room_id, known, changes, viewer=user)
        texts.append(encoded(event))
        size += len(texts[-1])
    return texts
