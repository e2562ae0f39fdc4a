"""Tells the sockets who came and who went."""

from live.envelope import encoded
from live.hub import Hub
from live.socket import Socket
from live.topics import everyone


class Roll:
    """A socket that is behind is told nothing for now, and all that changed meanwhile at once when it is not."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._missed: dict[Socket, dict[int, bool]] = {}

    def tell(self, online: list[int], offline: list[int]) -> None:
        if not (online or offline or self._missed):
            return
        changes = dict.fromkeys(online, True) | dict.fromkeys(offline, False)
        text = _event(changes)
        owing, self._missed = self._missed, {}
        for socket in self._hub.sockets(everyone):
            missed = owing.get(socket)
            if socket.is_behind and (changes or missed):
                self._missed[socket] = (missed or {}) | changes
            elif missed or (changes and not socket.hidden.isdisjoint(changes)):
                if seen := _without(socket.hidden, (missed or {}) | changes):
                    socket.push(_event(seen))
            elif changes:
                socket.push(text)


def _without(hidden: frozenset[int], changes: dict[int, bool]) -> dict[int, bool]:
    return {user_id: is_online for user_id, is_online in changes.items() if user_id not in hidden}


def _event(changes: dict[int, bool]) -> str:
    online = [user_id for user_id, is_online in changes.items() if is_online]
    offline = [user_id for user_id, is_online in changes.items() if not is_online]
    return encoded({"type": "presence", "online": online, "offline": offline})
