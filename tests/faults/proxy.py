"""A TCP proxy that spoils lines: it swallows answers, holds lines half open, delays and throttles."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress


class Proxy:
    """`port` leads to `target`.

    swallow: what the server says is thrown away. rate: so many bytes a second reach each client.
    delay: called for each piece, how many seconds late it is passed on, in either direction.
    """

    def __init__(self, target: int) -> None:
        self.target = target
        self.port = 0
        self.swallow = False
        self.rate: float | None = None
        self.delay: Callable[[], float] | None = None
        self.empty = asyncio.Event()
        self.empty.set()
        self._writers: set[asyncio.StreamWriter] = set()
        self._gate = asyncio.Event()
        self._gate.set()
        self._held: list[asyncio.Event] = []

    @property
    def socket_url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/ws/"

    def hold(self) -> None:
        """Nothing passes any more on the lines there are, and nobody is told; new lines are whole."""
        self._gate.clear()
        self._held.append(self._gate)
        self._gate = asyncio.Event()
        self._gate.set()

    def release(self) -> None:
        """What was held goes on, late: also to a server whose client has given up the line."""
        for gate in self._held:
            gate.set()
        self._held.clear()

    def cut(self) -> None:
        """Every line breaks."""
        for writer in list(self._writers):
            writer.transport.abort()

    async def serve(self, near: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        try:
            far, forth = await asyncio.open_connection("127.0.0.1", self.target, limit=2048)
        except OSError:
            back.transport.abort()
            return
        ends = {back, forth}
        self._writers |= ends
        self.empty.clear()
        if self.rate is not None:  # or the kernel would take for the client what it does not read
            forth.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        gate = self._gate
        pumps = [
            asyncio.create_task(self._pump(near, forth, gate, is_answer=False)),
            asyncio.create_task(self._pump(far, back, gate, is_answer=True)),
        ]
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
            await gate.wait()
            if not pumps[0].done():
                await asyncio.wait(pumps[:1], timeout=1)  # what was held on its way to the server
        finally:
            for pump in pumps:
                pump.cancel()
            for writer in ends:
                writer.close()
            self._writers -= ends
            if not self._writers:
                self.empty.set()

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, gate: asyncio.Event, *, is_answer: bool
    ) -> None:
        with suppress(OSError):
            while data := await reader.read(512 if self.rate else 65_536):
                await gate.wait()
                if self.delay is not None:
                    await asyncio.sleep(self.delay())
                if is_answer and self.swallow:
                    continue
                writer.write(data)
                await writer.drain()
                if is_answer and self.rate is not None:
                    await asyncio.sleep(len(data) / self.rate)


@asynccontextmanager
async def proxy(target: int) -> AsyncIterator[Proxy]:
    spoiler = Proxy(target)
    server = await asyncio.start_server(spoiler.serve, "127.0.0.1", 0, limit=2048, backlog=1000)
    spoiler.port = server.sockets[0].getsockname()[1]
    try:
        yield spoiler
    finally:
        server.close()
        spoiler.release()
        spoiler.cut()
        async with asyncio.timeout(10):
            await spoiler.empty.wait()
