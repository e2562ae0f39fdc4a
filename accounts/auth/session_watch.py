"""Ends sockets, uploads and downloads when their session ends.

The end of a session is also published, but events can be lost, and don't reach other processes without Redis.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from accounts.auth.session_lookup import SessionUser, expired, touch, users_of_sessions
from accounts.models import Connection
from live.close_codes import DISCONNECTED_BY_ADMIN, SIGNED_OUT
from live.db_threads import in_thread, in_writing_thread
from live.socket import Socket

ALL_SOCKETS_SECONDS = 15.0  # there may be thousands, and events end most of them
NOTE_USE_SECONDS = 300.0  # the interval at which requests record the use of their session


class SessionWatch:
    """The sockets and requests of one event loop, with their sessions.

    _unchecked: sockets that haven't been checked since they subscribed, and may have missed the end of their session.
    _requests: by session key, the functions that end its requests.
    """

    def __init__(self) -> None:
        self._sockets: dict[Socket, SessionUser] = {}
        self._unchecked: set[Socket] = set()
        self._all_due_at = self._note_use_at = 0.0
        self._requests: dict[str, set[Callable[[], None]]] = {}

    def track(self, socket: Socket, session: SessionUser) -> None:
        """Close the socket when its session ends."""
        self._sockets[socket] = session
        self._unchecked.add(socket)

    def untrack(self, socket: Socket) -> None:
        self._sockets.pop(socket, None)
        self._unchecked.discard(socket)

    @contextmanager
    def watching(self, session_key: str, end: Callable[[], None]) -> Iterator[None]:
        """Call `end` if the session ends while the block runs."""
        ends = self._requests.setdefault(session_key, set())
        ends.add(end)
        try:
            yield
        finally:
            ends.discard(end)
            if not ends:
                self._requests.pop(session_key, None)

    async def check_sockets(self) -> None:
        """Close sockets whose session has ended. Check new ones at each call, others every ALL_SOCKETS_SECONDS."""
        now = asyncio.get_running_loop().time()
        is_all_due = now >= self._all_due_at
        due = dict(self._sockets) if is_all_due else {each: self._sockets[each] for each in self._unchecked}
        if due:
            over = {session.session_key for session in await in_thread(expired, list(due.values()))}
            for socket, session in due.items():
                if session.session_key in over:
                    socket.close(SIGNED_OUT)
        self._unchecked -= due.keys()
        if is_all_due:
            self._all_due_at = now + ALL_SOCKETS_SECONDS

    async def check_requests(self) -> None:
        """End the requests whose session has ended."""
        if keys := list(self._requests):
            for key, user in zip(keys, await in_thread(users_of_sessions, keys), strict=True):
                for end in list(self._requests.get(key, ())) if user is None else ():
                    end()

    async def close_dismissed(self) -> None:
        """Close sockets that an admin has disconnected, in case the event was lost."""
        if self._sockets and (dismissed := await in_thread(Connection.objects.dismissed)):
            keys = {pk.hex for pk in dismissed}
            for socket in [socket for socket in self._sockets if socket.key in keys]:
                socket.close(DISCONNECTED_BY_ADMIN)

    async def note_use(self) -> None:
        """Record the use of the sessions of all sockets, every NOTE_USE_SECONDS."""
        now = asyncio.get_running_loop().time()
        if self._sockets and now >= self._note_use_at:
            await in_writing_thread(touch, list(self._sockets.values()))
            self._note_use_at = now + NOTE_USE_SECONDS
