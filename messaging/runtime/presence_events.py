"""Tells the sockets who came, who went, who is here in another way, and who looks different."""

from accounts.models import User
from accounts.presence.availability import OFF, States, presence_lists
from live.envelope import Event, encoded
from live.hub import Hub
from live.socket import Socket
from live.topics import everyone
from rooms.events import profile


class PresenceBroadcaster:
    """A socket that is behind is told nothing for now, and all that changed meanwhile at once when it is not."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._missed: dict[Socket, States] = {}

    def tell(self, changes: States, people: list[User]) -> None:
        for person in people:
            event = {"type": "person.changed", "person": profile(person)}
            self._hub.deliver(Event.of(everyone, event, about=(person.pk,)))
        if changes or self._missed:
            self._tell_presence(changes)

    def _tell_presence(self, changes: States) -> None:
        text = _event(changes)
        owing, self._missed = self._missed, {}
        for socket in self._hub.sockets(everyone):
            missed = owing.get(socket, {})
            if socket.is_behind and (changes or missed):
                self._missed[socket] = missed | changes
            elif missed or changes.get(socket.user_id) == OFF or not socket.blocked_ids.isdisjoint(changes):
                _push(socket, missed | changes)
            elif changes:
                socket.push(text)


def _push(socket: Socket, changes: States) -> None:
    """Who became invisible is off to others, not to themselves. Nobody hears of those whom they block."""
    told = {
        user_id: state
        for user_id, state in changes.items()
        if user_id not in socket.blocked_ids and (state != OFF or user_id != socket.user_id)
    }
    if told:
        socket.push(_event(told))


def _event(changes: States) -> str:
    return encoded({"type": "presence", **presence_lists(changes)})
