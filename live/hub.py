"""The hub: which sockets hear which topic, and the process's one reader of the channel layer.

Events of this process go straight to its own sockets and, where the layer is shared, once to the
other processes; so a dead layer never holds up the people on this one. A room's events leave in the
order of their versions: one that comes too early waits until the hole before it is filled.
"""

import asyncio
import logging
import secrets
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence

import msgspec
from asgiref.sync import async_to_sync
from channels.layers import InMemoryChannelLayer, get_channel_layer

from live import metrics
from live.envelope import Envelope, Packet
from live.socket import Flusher, Socket

logger = logging.getLogger(__name__)

GROUP = "chatsite.live"
RETRY_SECONDS = 1.0
QUEUE_LIMIT = 10_000
PACKET_LIMIT = 100  # envelopes that travel together

OnTopic = Callable[[str], None]
Redact = Callable[[Envelope, str, frozenset[int]], str]


class Hub:
    """Every method but `publish` is to be called on the event loop that `start` was called on."""

    def __init__(self) -> None:
        self.origin = secrets.token_hex(8)
        self.flusher = Flusher()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._sockets: dict[str, set[Socket]] = defaultdict(set)
        self._versions: dict[str, int] = {}
        self._early: dict[str, dict[int, Envelope]] = defaultdict(dict)
        self._outgoing: asyncio.Queue[Envelope] | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self.on_gap: OnTopic = lambda topic: None
        self.on_moved: OnTopic = lambda topic: None
        self.redact: Redact = lambda envelope, text, hidden: ""

    # -- life -----------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin to serve the running loop; does nothing when it does already."""
        loop = asyncio.get_running_loop()
        if self._loop is loop:
            return
        self._forget()
        self._loop = loop
        if _is_shared(get_channel_layer()):
            self._outgoing = asyncio.Queue(QUEUE_LIMIT)
            self._tasks = [loop.create_task(self._read_layer()), loop.create_task(self._write_layer())]

    async def stop(self) -> None:
        tasks = self._tasks
        self._forget()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _forget(self) -> None:
        self._loop = self._outgoing = None
        self._tasks = []
        self._sockets.clear()
        self._versions.clear()
        self._early.clear()

    # -- who hears what -------------------------------------------------------------------------

    def subscribe(self, topic: str, socket: Socket) -> None:
        self._sockets[topic].add(socket)
        socket.topics.add(topic)

    def unsubscribe(self, topic: str, socket: Socket) -> None:
        socket.topics.discard(topic)
        sockets = self._sockets.get(topic)
        if sockets is None:
            return
        sockets.discard(socket)
        if not sockets:
            del self._sockets[topic]
            self._versions.pop(topic, None)
            self._early.pop(topic, None)

    def remove(self, socket: Socket) -> None:
        for topic in list(socket.topics):
            self.unsubscribe(topic, socket)

    def sockets(self, topic: str) -> Iterable[Socket]:
        return tuple(self._sockets.get(topic, ()))

    def count(self, topic: str) -> int:
        return len(self._sockets.get(topic, ()))

    def topics(self) -> list[str]:
        return list(self._sockets)

    def version(self, topic: str) -> int | None:
        """The version up to which this process has delivered, or None when it serves nobody there."""
        return self._versions.get(topic)

    def note_version(self, topic: str, version: int) -> None:
        """A subscriber was given the room at `version`. If it is the topic's first, what follows is to be delivered."""
        if topic in self._sockets:
            self._versions.setdefault(topic, version)

    def hide(self, topic: str, people: frozenset[int]) -> None:
        """The topic's sockets do not see these people from now on, and all others."""
        for socket in self._sockets.get(topic, ()):
            socket.hidden = people

    # -- delivery -------------------------------------------------------------------------------

    def publish(self, envelopes: Sequence[Envelope]) -> None:
        """Deliver here and elsewhere. To be called from any thread, also of a process without a hub."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._publish, envelopes)
        elif _is_shared(layer := get_channel_layer()):
            async_to_sync(layer.group_send)(GROUP, self._packed(envelopes))

    def _publish(self, envelopes: Sequence[Envelope]) -> None:
        self.deliver(*envelopes)
        if self._outgoing is not None:
            try:
                for envelope in envelopes:
                    self._outgoing.put_nowait(envelope)
            except asyncio.QueueFull:
                metrics.layer_errors.inc()

    def deliver(self, *envelopes: Envelope) -> None:
        """Hand events to this process's sockets, a room's in its order, and all that a topic gets in one piece."""
        ready: dict[tuple[str, bool], list[Envelope]] = {}
        for envelope in envelopes:
            for due in self._in_order(envelope):
                if due.moves:
                    self._fan_out_all(ready)
                    self._fan_out(due.topic, [due])
                    self._move(due)
                else:
                    ready.setdefault((due.topic, due.fleeting), []).append(due)
        self._fan_out_all(ready)

    def deliver_changes(self, envelope: Envelope) -> None:
        """Hand over all changes up to `envelope.version` at once; fills the hole before a later event."""
        known = self._versions.get(envelope.topic)
        if known is None or envelope.version <= known:
            return
        self._versions[envelope.topic] = envelope.version
        self._fan_out(envelope.topic, [envelope, *self._released(envelope.topic)])

    def _in_order(self, envelope: Envelope) -> list[Envelope]:
        """Those that may leave now that this one has come: itself, itself and later ones, or none."""
        topic, version = envelope.topic, envelope.version
        if not version:
            return [envelope]
        if topic not in self._sockets:
            return []
        known = self._versions.setdefault(topic, version - 1)
        if version <= known:
            return []
        if version == known + 1 and topic not in self._early:
            self._versions[topic] = version
            return [envelope]
        self._early[topic][version] = envelope
        due = self._released(topic)
        if topic in self._early:
            self.on_gap(topic)
        return due

    def _released(self, topic: str) -> list[Envelope]:
        early = self._early.get(topic)
        if early is None:
            return []
        for stale in [version for version in early if version <= self._versions[topic]]:
            del early[stale]
        due = []
        while envelope := early.pop(self._versions[topic] + 1, None):
            self._versions[topic] += 1
            due.append(envelope)
        if not early:
            del self._early[topic]
        return due

    def _fan_out_all(self, ready: dict[tuple[str, bool], list[Envelope]]) -> None:
        for (topic, fleeting), envelopes in ready.items():
            self._fan_out(topic, envelopes, fleeting=fleeting)
        ready.clear()

    def _fan_out(self, topic: str, envelopes: Sequence[Envelope], *, fleeting: bool = False) -> None:
        sockets = self._sockets.get(topic)
        shown = [envelope for envelope in envelopes if envelope.text]
        if not sockets or not shown:
            return
        metrics.deliveries.inc(len(sockets) * len(shown))
        count, text = len(shown), ",".join([envelope.text for envelope in shown])
        authors = {envelope.author for envelope in shown if envelope.author}
        own = {author: ",".join([envelope.text_for(author) for envelope in shown]) for author in authors}
        people = {person for envelope in shown for person in envelope.people}
        redacted: dict[tuple[frozenset[int], int], tuple[str, int]] = {}
        for socket in sockets:
            if fleeting and socket.is_behind:
                continue
            if socket.hidden and (hidden := socket.hidden & people):
                key = hidden, socket.user_id if socket.user_id in own else 0
                if key not in redacted:
                    redacted[key] = self._redacted(shown, *key)
                if redacted[key][1]:
                    socket.push(*redacted[key])
            else:
                socket.push(own.get(socket.user_id, text), count)

    def _redacted(self, envelopes: Sequence[Envelope], hidden: frozenset[int], author: int) -> tuple[str, int]:
        """What is left of the events for `author`, or everybody else, who does not see these people; and how many."""
        texts = []
        for envelope in envelopes:
            text = envelope.text_for(author)
            texts.append(text if hidden.isdisjoint(envelope.people) else self.redact(envelope, text, hidden))
        left = [text for text in texts if text]
        return ",".join(left), len(left)

    def _move(self, envelope: Envelope) -> None:
        for socket in self.sockets(envelope.topic):
            if envelope.subscribe:
                self.subscribe(envelope.subscribe, socket)
            if envelope.unsubscribe:
                self.unsubscribe(envelope.unsubscribe, socket)
            if envelope.close and envelope.spare not in socket.topics and envelope.only in ("", socket.key):
                socket.close(envelope.close)
        if envelope.hidden is not None:
            self.hide(envelope.topic, frozenset(envelope.hidden))
        if envelope.known >= 0:
            self.note_version(envelope.subscribe, envelope.known)
        self.on_moved(envelope.topic)

    # -- the channel layer ----------------------------------------------------------------------

    async def _read_layer(self) -> None:
        layer = get_channel_layer()
        channel = ""
        while True:
            try:
                if not channel:
                    new = await layer.new_channel()
                    await layer.group_add(GROUP, new)
                    channel = new  # for good: a channel that is left keeps gathering what nobody reads
                self._receive(await layer.receive(channel))
            except Exception:
                metrics.layer_errors.inc()
                logger.exception("the channel layer cannot be read; trying again")
                await asyncio.sleep(RETRY_SECONDS)

    def _receive(self, message: dict[str, bytes]) -> None:
        try:
            packet = msgspec.msgpack.decode(message["data"], type=Packet)
        except (msgspec.MsgspecError, KeyError):  # of another version, while a new one is rolled out
            metrics.layer_errors.inc()
            return
        if packet.origin != self.origin:
            self.deliver(*packet.envelopes)

    async def _write_layer(self) -> None:
        assert self._outgoing is not None
        outgoing = self._outgoing
        layer = get_channel_layer()
        while True:
            envelopes = [await outgoing.get()]
            while len(envelopes) < PACKET_LIMIT and not outgoing.empty():
                envelopes.append(outgoing.get_nowait())
            try:
                await layer.group_send(GROUP, self._packed(envelopes))
            except Exception as error:
                metrics.layer_errors.inc()
                logger.warning("the channel layer did not take %d events: %s", len(envelopes), error)

    def _packed(self, envelopes: Sequence[Envelope]) -> dict[str, object]:
        packet = Packet(self.origin, list(envelopes))
        return {"type": "live.event", "data": msgspec.msgpack.encode(packet)}


def _is_shared(layer: object) -> bool:
    return layer is not None and not isinstance(layer, InMemoryChannelLayer)


_hub = Hub()


def get_hub() -> Hub:
    """The process's one hub."""
    return _hub
