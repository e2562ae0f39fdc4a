"""Ends sockets, uploads and downloads when their session or token ends.

The end is also published, but events can be lost, and don't reach other processes without Redis.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from accounts.auth.credentials import Authenticated, Credential, ended, users_of
from accounts.auth.session_lookup import SessionUser, touch
from accounts.auth.tokens import TokenUser, note_use
from accounts.models import Connection
from live.close_codes import DISCONNECTED_BY_ADMIN, SIGNED_OUT
from live.db_threads import in_thread, in_writing_thread
from live.socket import Socket

ALL_SOCKETS_SECONDS = 15.0  # there may be thousands, and events end most of them
NOTE_USE_SECONDS = 300.0  # the interval at which requests record the use of their session or token


class SessionWatch:
    """The sockets and requests of one event loop, with their sessions and tokens.

    _unchecked: sockets that haven't been checked since they subscribed, and may have missed the end of their session.
    _addresses: of sockets with tokens, which note where they are used from.
    _unnoted: new sockets with tokens, whose use hasn't been recorded.
    _requests: by credential, the functions that end its requests.
    """

    def __init__(self) -> None:
        self._sockets: dict[Socket, Authenticated] = {}
        self._unchecked: set[Socket] = set()
        self._addresses: dict[Socket, str] = {}
        self._unnoted: set[Socket] = set()
        self._all_due_at = self._note_use_at = 0.0
        self._requests: dict[Credential, set[Callable[[], None]]] = {}

    def track(self, socket: Socket, authenticated: Authenticated, address: str = "") -> None:
        """Close the socket when its session or token ends."""
        self._sockets[socket] = authenticated
        self._unchecked.add(socket)
        if isinstance(authenticated, TokenUser):
            self._addresses[socket] = address
            self._unnoted.add(socket)

    def untrack(self, socket: Socket) -> None:
        self._sockets.pop(socket, None)
        self._addresses.pop(socket, None)
        self._unchecked.discard(socket)
        self._unnoted.discard(socket)

    @contextmanager
    def watching(self, credential: Credential, end: Callable[[], None]) -> Iterator[None]:
        """Call `end` if the session or token ends while the block runs."""
        ends = self._requests.setdefault(credential, set())
        ends.add(end)
        try:
            yield
        finally:
            ends.discard(end)
            if not ends:
                self._requests.pop(credential, None)

    async def check_sockets(self) -> None:
        """Close sockets whose session or token has ended.

        Check new ones at each call, others every ALL_SOCKETS_SECONDS.
        """
        now = asyncio.get_running_loop().time()
        is_all_due = now >= self._all_due_at
        due = dict(self._sockets) if is_all_due else {each: self._sockets[each] for each in self._unchecked}
        if due:
            over = await in_thread(ended, list(due.values()))
            for socket, authenticated in due.items():
                if authenticated.key in over:
                    socket.close(SIGNED_OUT)
        self._unchecked -= due.keys()
        if is_all_due:
            self._all_due_at = now + ALL_SOCKETS_SECONDS

    async def check_requests(self) -> None:
        """End the requests whose session or token has ended."""
        if credentials := list(self._requests):
            for credential, user in zip(credentials, await in_thread(users_of, credentials), strict=True):
                for end in list(self._requests.get(credential, ())) if user is None else ():
                    end()

    async def close_dismissed(self) -> None:
        """Close sockets that an admin has disconnected, in case the event was lost."""
        if self._sockets and (dismissed := await in_thread(Connection.objects.dismissed)):
            keys = {pk.hex for pk in dismissed}
            for socket in [socket for socket in self._sockets if socket.key in keys]:
                socket.close(DISCONNECTED_BY_ADMIN)

    async def note_use(self) -> None:
        """Record the use of the sessions and tokens of all sockets, every NOTE_USE_SECONDS.

        That of tokens is also recorded as soon as a socket is opened.
        """
        now = asyncio.get_running_loop().time()
        is_due = bool(self._sockets) and now >= self._note_use_at
        noted = set(self._addresses if is_due else self._unnoted)
        held = [(self._sockets[socket], self._addresses[socket]) for socket in noted]
        if uses := [(user, address) for user, address in held if isinstance(user, TokenUser)]:
            await in_writing_thread(note_use, uses)
            self._unnoted -= noted
        if is_due:
            sessions = [each for each in self._sockets.values() if isinstance(each, SessionUser)]
            await in_writing_thread(touch, sessions)
            self._note_use_at = now + NOTE_USE_SECONDS
