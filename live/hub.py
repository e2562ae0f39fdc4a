"""The hub, which tracks the sockets subscribed to each topic and delivers envelopes to them in order.

Events from this process go directly to its own sockets, and once through the relay to the other processes, so an
unavailable channel layer never delays users of this process. A room's events are sent in version order: an event that
arrives early is held until the gap before it is filled.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence

from live import metrics
from live.envelope import Close, Control, Envelope, Event, Input, SetBlocklist, Subscribe, Unsubscribe
from live.flusher import Flusher
from live.relay import Relay
from live.socket import Socket

MAX_TOGETHER = 64  # events in one push; each of their authors gets a text of all of them, with their own

OnTopic = Callable[[str], None]
Redact = Callable[[Event, str, frozenset[int]], str]


class Hub:
    """Every method but `publish` must be called on the event loop that `start` was called on.

    on_gap: called with a topic when one of its events arrives early.
    on_subscriptions_changed: called with a topic after a control has been applied to its sockets.
    redact: returns the text of an event for sockets that block the given users, or "" to leave the event out.
    """

    def __init__(self) -> None:
        self.flusher = Flusher()
        self.on_gap: OnTopic = lambda topic: None
        self.on_subscriptions_changed: OnTopic = lambda topic: None
        self.redact: Redact = lambda event, text, blocked_ids: ""
        self._relay = Relay(self.deliver)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._sockets: dict[str, set[Socket]] = defaultdict(set)
        self._versions: dict[str, int] = {}
        self._early: dict[str, dict[int, Event]] = defaultdict(dict)

    # -- lifecycle ------------------------------------------------------------------------------

    def start(self) -> None:
        """Serve the running event loop. Do nothing if the hub already serves it."""
        loop = asyncio.get_running_loop()
        if self._loop is not loop:
            self._reset()
            self._loop = loop
            self._relay.start()

    async def stop(self) -> None:
        self._reset()
        await self._relay.stop()

    def _reset(self) -> None:
        self._loop = None
        self._sockets.clear()
        self._versions.clear()
        self._early.clear()

    # -- subscriptions --------------------------------------------------------------------------

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
        """Return the last version that this process has delivered, or None if the topic has no subscribers."""
        return self._versions.get(topic)

    def set_baseline(self, topic: str, version: int) -> None:
        """Deliver only events after this version, which a subscriber already has. A topic's first baseline is kept."""
        if topic in self._sockets:
            self._versions.setdefault(topic, version)

    # -- delivery -------------------------------------------------------------------------------

    def publish(self, envelopes: Sequence[Envelope]) -> None:
        """Deliver in this process and the others. May be called from any thread, even if the hub was not started."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self.publish_here, envelopes)
        else:
            self._relay.send_and_wait(envelopes)

    def publish_here(self, envelopes: Sequence[Envelope]) -> None:
        """Deliver in this process and the others. Must be called on the hub's event loop."""
        self.deliver(*envelopes)
        self._relay.send(envelopes)

    def deliver(self, *envelopes: Envelope) -> None:
        """Deliver to this process's sockets: each room's events in order, in as few pushes as possible.

        A topic's other events are pushed separately, because a full outbox must not skip them: unlike a room's changes,
        they can't be requested.
        """
        ready: dict[tuple[str, bool, bool], list[Event]] = {}
        for envelope in envelopes:
            if isinstance(envelope, Event):
                for event in self._in_order(envelope):
                    kind = event.topic, event.ephemeral, event.version > 0
                    ready.setdefault(kind, []).append(event)
            else:
                self._fan_out_all(ready)
                self._apply(envelope)
        self._fan_out_all(ready)

    def deliver_changes(self, changes: Event) -> None:
        """Deliver one event with all changes up to `changes.version`, then the held events that follow it."""
        delivered = self._versions.get(changes.topic)
        if delivered is None or changes.version <= delivered:
            return
        self._versions[changes.topic] = changes.version
        self._fan_out(changes.topic, [changes, *self._released(changes.topic)], since=delivered)

    def _in_order(self, event: Event) -> list[Event]:
        """Return the events that can now be delivered. Hold this one back if it is early."""
        topic, version = event.topic, event.version
        if not version:
            return [event]
        if topic not in self._sockets:
            return []
        delivered = self._versions.setdefault(topic, version - 1)
        if version <= delivered:
            return []
        if version == delivered + 1 and topic not in self._early:
            self._versions[topic] = version
            return [event]
        self._early[topic][version] = event
        due = self._released(topic)
        if topic in self._early:
            self.on_gap(topic)
        return due

    def _released(self, topic: str) -> list[Event]:
        """Remove and return the early events that follow the delivered version without a gap."""
        early = self._early.get(topic)
        if early is None:
            return []
        for stale in [version for version in early if version <= self._versions[topic]]:
            del early[stale]
        due = []
        while event := early.pop(self._versions[topic] + 1, None):
            self._versions[topic] += 1
            due.append(event)
        if not early:
            del self._early[topic]
        return due

    def _fan_out_all(self, ready: dict[tuple[str, bool, bool], list[Event]]) -> None:
        for (topic, ephemeral, is_ordered), events in ready.items():
            for start in range(0, len(events), MAX_TOGETHER):
                together = events[start : start + MAX_TOGETHER]
                since = together[0].version - 1 if is_ordered else None
                self._fan_out(topic, together, ephemeral=ephemeral, since=since)
        ready.clear()

    def _fan_out(
        self, topic: str, events: Sequence[Event], *, ephemeral: bool = False, since: int | None = None
    ) -> None:
        """Push events to the topic's sockets. `since`: the version before the first one, if the events are ordered."""
        sockets = self._sockets.get(topic)
        if not sockets:
            return
        metrics.deliveries.inc(len(sockets) * len(events))
        texts = [event.text for event in events]
        count, text = len(events), ",".join(texts)
        own = {author: ",".join(as_author) for author, as_author in _texts_by_author(events, texts).items()}
        about = {person for event in events for person in event.about}
        redacted: dict[tuple[frozenset[int], int], tuple[str, int]] = {}
        for socket in sockets:
            if ephemeral and socket.is_behind:
                continue
            if socket.blocked_ids and (blocked := socket.blocked_ids & about):
                key = blocked, socket.user_id if socket.user_id in own else 0
                if key not in redacted:
                    redacted[key] = self._redacted(events, *key)
                pushed, pushed_count = redacted[key]
            else:
                pushed, pushed_count = own.get(socket.user_id, text), count
            if since is not None:
                socket.push_changes(topic, since, pushed, pushed_count)
            elif pushed_count:
                socket.push(pushed, pushed_count)

    def _redacted(self, events: Sequence[Event], blocked_ids: frozenset[int], author: int) -> tuple[str, int]:
        """Return the joined texts and the count of the redacted events, as `author` (0 for anyone else) sees them."""
        texts = []
        for event in events:
            text = event.text_for(author)
            texts.append(text if blocked_ids.isdisjoint(event.about) else self.redact(event, text, blocked_ids))
        left = [text for text in texts if text]
        return ",".join(left), len(left)

    def _apply(self, control: Control) -> None:
        for socket in self.sockets(control.topic):
            self._apply_to(socket, control)
        if isinstance(control, Subscribe):
            self.set_baseline(control.target, control.baseline)
        if not isinstance(control, Input):
            self.on_subscriptions_changed(control.topic)

    def _apply_to(self, socket: Socket, control: Control) -> None:
        match control:
            case Subscribe(target=target):
                self.subscribe(target, socket)
            case Unsubscribe(target=target):
                self.unsubscribe(target, socket)
            case Close(code=code, except_topic=kept, only_key=key):
                if kept not in socket.topics and key in ("", socket.key):
                    socket.close(code)
            case SetBlocklist(blocked_ids=blocked_ids):
                socket.blocked_ids = blocked_ids
            case Input(only_key=key, text=text):
                if key == socket.key and socket.on_input is not None:
                    socket.on_input(text)


def _texts_by_author(events: Sequence[Event], texts: list[str]) -> dict[int, list[str]]:
    """Return the events' texts as each of their authors sees them."""
    by_author: dict[int, list[str]] = {}
    for index, event in enumerate(events):
        if event.author:
            if event.author not in by_author:
                by_author[event.author] = texts.copy()
            by_author[event.author][index] = event.author_text
    return by_author


_hub = Hub()


def get_hub() -> Hub:
    """Return the hub of this process."""
    return _hub
