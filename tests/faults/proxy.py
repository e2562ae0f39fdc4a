"""A TCP proxy that injects faults: it drops responses, leaves connections half-open, delays and throttles."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress


class Proxy:
    """Forwards connections from `port` to the port `target`.

    drop_responses: discard data from the server. bytes_per_second: the limit for each connection to a client.
    delay: returns for each chunk, in either direction, the seconds by which to delay it.
    """

    def __init__(self, target: int) -> None:
        self.target = target
        self.port = 0
        self.drop_responses = False
        self.bytes_per_second: float | None = None
        self.delay: Callable[[], float] | None = None
        self.idle = asyncio.Event()
        self.idle.set()
        self._writers: set[asyncio.StreamWriter] = set()
        self._gate = asyncio.Event()
        self._gate.set()
        self._stalled_gates: list[asyncio.Event] = []

    @property
    def socket_url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/ws/"

    def stall(self) -> None:
        """Leave all current connections half-open; new ones work."""
        self._gate.clear()
        self._stalled_gates.append(self._gate)
        self._gate = asyncio.Event()
        self._gate.set()

    def resume(self) -> None:
        """Forward all held data late, even to a server whose client has abandoned the connection."""
        for gate in self._stalled_gates:
            gate.set()
        self._stalled_gates.clear()

    def disconnect_all(self) -> None:
        """Abort every connection."""
        for writer in list(self._writers):
            writer.transport.abort()

    async def serve(self, client_reader: asyncio.StreamReader, client_writer: asyncio.StreamWriter) -> None:
        try:
            server_reader, server_writer = await asyncio.open_connection("127.0.0.1", self.target, limit=2048)
        except OSError:
            client_writer.transport.abort()
            return
        ends = {client_writer, server_writer}
        self._writers |= ends
        self.idle.clear()
        if self.bytes_per_second is not None:  # or the kernel buffers what the client does not read
            server_writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        gate = self._gate
        pumps = [
            asyncio.create_task(self._pump(client_reader, server_writer, gate, is_response=False)),
            asyncio.create_task(self._pump(server_reader, client_writer, gate, is_response=True)),
        ]
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
            await gate.wait()
            if not pumps[0].done():
                await asyncio.wait(pumps[:1], timeout=1)  # lets held requests reach the server
        finally:
            for pump in pumps:
                pump.cancel()
            for writer in ends:
                writer.close()
            self._writers -= ends
            if not self._writers:
                self.idle.set()

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, gate: asyncio.Event, *, is_response: bool
    ) -> None:
        with suppress(OSError):
            while data := await reader.read(512 if self.bytes_per_second else 65_536):
                await gate.wait()
                if self.delay is not None:
                    await asyncio.sleep(self.delay())
                if is_response and self.drop_responses:
                    continue
                writer.write(data)
                await writer.drain()
                if is_response and self.bytes_per_second is not None:
                    await asyncio.sleep(len(data) / self.bytes_per_second)


@asynccontextmanager
async def proxy_to(target: int) -> AsyncIterator[Proxy]:
    proxy = Proxy(target)
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0, limit=2048, backlog=1000)
    proxy.port = server.sockets[0].getsockname()[1]
    try:
        yield proxy
    finally:
        server.close()
        proxy.resume()
        proxy.disconnect_all()
        async with asyncio.timeout(10):
            await proxy.idle.wait()
