"""The relay, which exchanges envelopes with the other processes through the channel layer if that is shared."""

import asyncio
import logging
import secrets
from collections.abc import Callable, Sequence
from contextlib import suppress

import msgspec
from asgiref.sync import async_to_sync
from channels.layers import InMemoryChannelLayer, get_channel_layer

from live import metrics, outages
from live.envelope import Envelope, Packet

logger = logging.getLogger(__name__)

GROUP = "chatsite.live"
RETRY_SECONDS = 1.0
QUEUE_LIMIT = 10_000
PACKET_LIMIT = 100  # envelopes
PROBE_SECONDS = 2.0  # between attempts to reach the layer during an outage, even if there is nothing to send


class Relay:
    """Call `deliver` with envelopes from other processes. Sending never waits for the layer or raises its errors."""

    def __init__(self, deliver: Callable[..., None]) -> None:
        self.origin = secrets.token_hex(8)
        self._deliver = deliver
        self._outgoing: asyncio.Queue[Envelope] = asyncio.Queue(QUEUE_LIMIT)
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Start reading from and writing to the layer on the running event loop."""
        self._outgoing, self._tasks = asyncio.Queue(QUEUE_LIMIT), []
        if _is_shared():
            self._tasks = [asyncio.create_task(self._read()), asyncio.create_task(self._write())]

    async def stop(self) -> None:
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def send(self, envelopes: Sequence[Envelope]) -> None:
        """Queue envelopes for the other processes. Drop those that do not fit in the queue."""
        if self._tasks:
            try:
                for envelope in envelopes:
                    self._outgoing.put_nowait(envelope)
            except asyncio.QueueFull:
                metrics.layer_errors.inc()

    def send_and_wait(self, envelopes: Sequence[Envelope]) -> None:
        """Send from a thread of a process that serves no sockets, such as a management command."""
        if _is_shared():
            async_to_sync(get_channel_layer().group_send)(GROUP, self._packed(envelopes))

    async def _read(self) -> None:
        layer = get_channel_layer()
        channel = ""
        while True:
            try:
                if not channel:
                    new = await layer.new_channel()
                    await layer.group_add(GROUP, new)
                    channel = new  # kept through errors: an abandoned channel would fill up unread
                self._receive(await layer.receive(channel))
            except Exception as error:
                metrics.layer_errors.inc()
                if not outages.report(error):
                    logger.exception("the channel layer cannot be read; trying again")
                await asyncio.sleep(RETRY_SECONDS)

    def _receive(self, message: dict[str, bytes]) -> None:
        try:
            packet = msgspec.msgpack.decode(message["data"], type=Packet)
        except (msgspec.MsgspecError, KeyError):  # sent by another release during an upgrade
            metrics.layer_errors.inc()
            return
        if packet.origin != self.origin:
            self._deliver(*packet.envelopes)

    async def _write(self) -> None:
        layer = get_channel_layer()
        while True:
            envelopes = await self._next()
            try:
                await layer.group_send(GROUP, self._packed(envelopes))
                outages.redis.succeeded()
            except Exception as error:
                metrics.layer_errors.inc()
                if not outages.report(error):
                    logger.exception("%d envelopes could not be sent through the channel layer", len(envelopes))

    async def _next(self) -> list[Envelope]:
        """Wait for envelopes. During an outage, return an empty list after PROBE_SECONDS, to send as a probe."""
        envelopes: list[Envelope] = []
        while not envelopes:
            with suppress(TimeoutError):
                async with asyncio.timeout(PROBE_SECONDS):
                    envelopes.append(await self._outgoing.get())
            if outages.redis.is_ongoing:
                break
        while len(envelopes) < PACKET_LIMIT and not self._outgoing.empty():
            envelopes.append(self._outgoing.get_nowait())
        return envelopes

    def _packed(self, envelopes: Sequence[Envelope]) -> dict[str, object]:
        return {"type": "live.event", "data": msgspec.msgpack.encode(Packet(self.origin, list(envelopes)))}


def _is_shared() -> bool:
    layer = get_channel_layer()
    return layer is not None and not isinstance(layer, InMemoryChannelLayer)
