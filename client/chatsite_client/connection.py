"""One open WebSocket: commands and their replies, and the check whether the other side is still there."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from typing import Any

import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus, InvalidURI

from chatsite_client import paths
from chatsite_client.errors import (
    CONNECTION_LOST,
    FULL,
    ChatsiteError,
    LoginRefused,
    Refused,
    Unreachable,
    closed,
    unreachable,
)
from chatsite_client.events import Error, Event, Ok, decode
from chatsite_client.i18n import gettext as _

PING_INTERVAL = 25.0
PING_TIMEOUT = 10.0
OPEN_TIMEOUT = 15.0
REPLY_TIMEOUT = 60.0  # the server may be busy, but a command must not wait forever
MAX_FRAME = 64 * 1024  # of a command
MAX_EVENTS = 32 * 1024 * 1024  # bytes of a frame from the server


class Connection:
    """Created by `open_connection()`. `events()` must be read, because it also receives the replies to commands."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._refs = map(str, itertools.count(1))
        self._replies: dict[str, asyncio.Future[Ok]] = {}
        self._ping_at = _now() + PING_INTERVAL
        self._silent_at: float | None = None

    async def send(self, command: str, /, **fields: Any) -> Ok:
        """Send a command and wait for its reply. Raises Refused, or Disconnected if there is none."""
        ref = next(self._refs)
        reply: asyncio.Future[Ok] = asyncio.get_running_loop().create_future()
        self._replies[ref] = reply
        try:
            await self._send(command, ref, fields)
            async with asyncio.timeout(REPLY_TIMEOUT):
                return await reply
        except TimeoutError:
            raise Refused("timeout", _("The server didn’t respond.")) from None
        finally:
            self._replies.pop(ref, None)

    async def send_only(self, command: str, /, **fields: Any) -> None:
        """Send a command without waiting for a reply."""
        await self._send(command, next(self._refs), fields)

    async def events(self) -> AsyncIterator[Event]:
        """Yield the events until the connection ends. Raises Disconnected or LoginRefused."""
        try:
            while True:
                for event in decode(await self._receive()):
                    if isinstance(event, Ok | Error):
                        self._settle(event)
                    else:
                        yield event
        except ConnectionClosed as end:
            code, reason = (end.rcvd.code, end.rcvd.reason) if end.rcvd else (CONNECTION_LOST, "")
            raise closed(code, reason) from None
        except msgspec.DecodeError:
            raise closed(CONNECTION_LOST, _("The server sent something that isn’t an event.")) from None

    async def close(self) -> None:
        for reply in self._replies.values():
            if not reply.done():
                reply.set_exception(closed(CONNECTION_LOST))
                reply.exception()  # the sender may have been cancelled
        await self._socket.close()

    async def _send(self, command: str, ref: str, fields: dict[str, Any]) -> None:
        frame = msgspec.json.encode({"type": command, "ref": ref, **fields})
        if len(frame) > MAX_FRAME:
            raise Refused("too_long", _("This is too long."))
        try:
            await self._socket.send(frame, text=True)
        except ConnectionClosed:
            raise closed(CONNECTION_LOST) from None

    async def _receive(self) -> str | bytes:
        """Return the next frame. Sends the pings meanwhile, and takes ten seconds of silence for a lost connection."""
        while True:
            try:
                async with asyncio.timeout_at(self._ping_at if self._silent_at is None else self._silent_at):
                    frame = await self._socket.recv()
            except TimeoutError:
                await self._ping()
            else:
                self._silent_at = None
                return frame

    async def _ping(self) -> None:
        if self._silent_at is not None:
            raise closed(CONNECTION_LOST, _("The server didn’t respond."))
        await self.send_only("ping")
        self._ping_at, self._silent_at = _now() + PING_INTERVAL, _now() + PING_TIMEOUT

    def _settle(self, event: Ok | Error) -> None:
        reply = self._replies.get(event.ref or "")
        if reply is None or reply.done():
            return
        if isinstance(event, Ok):
            reply.set_result(event)
        else:
            reply.set_exception(Refused(event.code, event.detail, field=event.field, retry_after=event.retry_after))


async def open_connection(url: str, headers: dict[str, str]) -> Connection:
    """Open a WebSocket to the site at `url`. Raises LoginRefused if the handshake was refused, or Unreachable."""
    try:
        socket = await connect(
            f"ws{url.removeprefix('http')}{paths.SOCKET}",
            additional_headers=headers,
            open_timeout=OPEN_TIMEOUT,
            ping_interval=None,  # the protocol has its own
            max_size=MAX_EVENTS,
            compression=None,
        )
    except InvalidStatus as error:
        raise _refused(error.response.status_code) from None
    except (OSError, TimeoutError, InvalidHandshake, InvalidURI, EOFError) as error:
        raise unreachable(url, error) from None
    return Connection(socket)


def _refused(status: int) -> ChatsiteError:
    if status in (401, 403):
        return LoginRefused(_("The site refused the connection: the login or the token isn’t valid."))
    if status == 503:
        return closed(FULL)
    return Unreachable(_("The site refused the connection with status {status}.").format(status=status))


def _now() -> float:
    return asyncio.get_running_loop().time()
