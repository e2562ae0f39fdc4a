"""Broadcasts events about presence and profiles to this process's sockets."""

from accounts.models import User
from accounts.presence.availability import OFF, States, presence_lists
from live.envelope import Event, encoded
from live.hub import Hub
from live.socket import Socket
from live.topics import everyone
from rooms.serializers import serialize_profile


class PresenceBroadcaster:
    """Broadcasts presence. Lagging sockets are skipped, and get one merged update when they catch up."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._missed: dict[Socket, States] = {}

    def broadcast(self, changes: States, people: list[User]) -> None:
        """Send the changed states, and the changed profiles of `people`."""
        for person in people:
            event = {"type": "person.changed", "person": serialize_profile(person)}
            self._hub.deliver(Event.of(everyone, event, about=(person.pk,)))
        if changes or self._missed:
            self._broadcast_states(changes)

    def _broadcast_states(self, changes: States) -> None:
        text = _event(changes)
        all_missed, self._missed = self._missed, {}
        for socket in self._hub.sockets(everyone):
            missed = all_missed.get(socket, {})
            if socket.is_behind and (changes or missed):
                self._missed[socket] = missed | changes
            elif missed or changes.get(socket.user_id) == OFF or not socket.blocked_ids.isdisjoint(changes):
                _push_visible(socket, missed | changes)
            elif changes:
                socket.push(text)


def _push_visible(socket: Socket, changes: States) -> None:
    """Push changes, except those of users whom the socket's user blocks and the user's own invisibility."""
    visible = {
        user_id: state
        for user_id, state in changes.items()
        if user_id not in socket.blocked_ids and (state != OFF or user_id != socket.user_id)
    }
    if visible:
        socket.push(_event(visible))


def _event(changes: States) -> str:
    return encoded({"type": "presence", **presence_lists(changes)})
