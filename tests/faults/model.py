"""A model of the site with virtual time and no network: real hubs, reconcilers and actions, simulated clients."""

import asyncio
import json
import uuid
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from accounts.models import User, blocklists_for
from live.envelope import Envelope, encoded
from live.hub import Hub
from live.socket import Socket
from live.topics import everyone, room_topic, user_topic
from live.transports.base import Transport
from live.transports.frames import text_of
from messaging.history.events import serialize_for
from messaging.history.redaction import redact_envelope
from messaging.models import Message
from messaging.posting.batch import Draft
from messaging.runtime import commands, protocol
from messaging.runtime.reconciler import Reconciler
from rooms.errors import Refusal
from rooms.models import Membership
from rooms.serializers import serialize_rooms_for
from tests.factories import post_drafts
from tests.faults.client_state import ClientState
from tests.faults.observations import Attempt, MessageState, ReaderView, Timeline

THREAD_SECONDS = 0.02  # from a read in a thread to the use of its result


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """An event loop whose time passes only by `advance`."""

    now = 0.0

    def time(self) -> float:
        return self.now

    def run_ready(self) -> None:
        """Run all callbacks that are due, and those that they schedule."""
        while True:
            self.call_soon(self.stop)
            self.run_forever()
            if not self._ready:
                return

    def advance(self, seconds: float) -> None:
        end = self.now + seconds
        self.run_ready()
        while self._scheduled and self._scheduled[0].when() <= end:
            self.now = max(self.now, self._scheduled[0].when())
            self.run_ready()
        self.now = end
        self.run_ready()

    def run(self, work: Callable[[], Any]) -> Any:
        """Call `work` on the loop, run all callbacks that are then due, and return its result."""

        async def call() -> Any:
            return work()

        result = self.run_until_complete(call())
        self.run_ready()
        return result


async def in_thread_with_delay(work: Callable[..., Any], *args: Any) -> Any:
    """Replace `in_thread` by a call whose result comes late, so that other things happen in between."""
    result = work(*args)
    await asyncio.sleep(THREAD_SECONDS)
    return result


class Process:
    """A server process. `in_transit`: batches published by any process and not delivered here yet."""

    def __init__(self, loop: VirtualTimeLoop) -> None:
        self.loop = loop
        self.in_transit: list[Sequence[Envelope]] = []
        self.hub, self.reconciler = loop.run(self._start)

    @staticmethod
    def _start() -> tuple[Hub, Reconciler]:
        hub = Hub()
        hub.redact = redact_envelope
        hub.start()
        return hub, Reconciler(hub)

    def publish(self, envelopes: Sequence[Envelope]) -> None:
        self.in_transit.append(envelopes)

    def deliver(self, index: int) -> None:
        envelopes = self.in_transit.pop(index)
        self.loop.run(partial(self.hub.deliver, *envelopes))

    def stop(self) -> None:
        self.loop.run_until_complete(self.reconciler.stop())


class FakeTransport(Transport):
    """Keeps the frames that the server wrote until the client receives them."""

    def __init__(self) -> None:
        super().__init__(_fail_to_send)
        self.frames: list[str] = []
        self.accepts_writes = True
        self.close_code: int | None = None

    @property
    def is_writable(self) -> bool:
        return self.accepts_writes

    def write(self, frame: bytes) -> None:
        self.frames.append(text_of(frame))

    def close(self, code: int, reason: str = "") -> None:
        self.close_code = code


async def _fail_to_send(message: dict[str, Any]) -> None:
    raise AssertionError("the model's transports send nothing through ASGI")


class ModelClient:
    """A user's client. unacknowledged: posts without a response. sent: client ids sent on this connection."""

    def __init__(self, name: str, user: User) -> None:
        self.name, self.user = name, user
        self.timelines: dict[int, Timeline] = {}
        self.violations: list[str] = []
        self.state = ClientState(self._record)
        self.attempts: list[Attempt] = []
        self.unacknowledged: list[Attempt] = []
        self.sent: set[str] = set()
        self.process: Process | None = None
        self.socket: Socket | None = None
        self.transport: FakeTransport | None = None
        self.is_welcome = False

    # -- connection -----------------------------------------------------------------------------

    def connect(self, process: Process) -> None:
        """Subscribe before the welcome is read: later events wait in the outbox."""
        self.process, self.transport, self.is_welcome = process, FakeTransport(), False
        rooms = list(Membership.objects.filter(user=self.user).values_list("room_id", flat=True))
        process.loop.run(partial(self._subscribe, [room_topic(room) for room in rooms]))

    def _subscribe(self, topics: list[str]) -> None:
        hub = self.process.hub
        blocked = blocklists_for([self.user.pk])[self.user.pk].blocked
        self.socket = Socket(user_id=self.user.pk, transport=self.transport, flusher=hub.flusher, blocked_ids=blocked)
        for topic in (everyone, user_topic(self.user.pk), *topics):
            hub.subscribe(topic, self.socket)

    def send_welcome(self) -> None:
        """Read and send the welcome after subscribing, as the consumer does."""
        rooms = serialize_rooms_for(User.objects.get(pk=self.user.pk))
        self.process.loop.run(partial(self._open, rooms))

    def _open(self, rooms: list[dict[str, Any]]) -> None:
        for room in rooms:
            self.process.hub.set_baseline(room_topic(room["id"]), room["version"])
            self.process.reconciler.note_revision(room["id"], room["revision"])
        self.process.reconciler.recheck_rooms(user_topic(self.user.pk))
        self.socket.open(encoded({"type": "welcome", "rooms": rooms, "blocked": sorted(self.socket.blocked_ids)}))
        self.is_welcome = True

    def disconnect(self) -> None:
        """Break the connection; frames in transit are lost."""
        if self.process is not None:
            self.process.loop.run(partial(self.process.hub.remove, self.socket))
            self.process.loop.run(self.socket.stop)
        self.process = self.socket = self.transport = None
        self.is_welcome = False
        self.sent.clear()

    def set_accepts_writes(self, accepts_writes: bool) -> None:
        self.transport.accepts_writes = accepts_writes
        if accepts_writes:
            self.process.loop.run(self.transport.on_writable)

    def receive(self) -> None:
        """Receive all frames in transit."""
        frames, self.transport.frames = self.transport.frames, []
        for frame in frames:
            for event in json.loads(frame):
                if event["type"] == "ok":
                    self._acknowledged(event)
                else:
                    self.state.apply(event)
        if self.transport.close_code is not None and not self.transport.frames:
            self.disconnect()

    def sync(self) -> None:
        """Sync all rooms in `to_sync`; the response goes to the outbox."""
        versions = {room: self.state.version_of(room) for room in self.state.to_sync & self.state.rooms}
        self.state.to_sync.clear()
        reply = commands.execute(self.user, protocol.Sync(ref="sync", rooms=versions))
        for event in reply.events:
            self.process.loop.run(partial(self.socket.push, event))

    # -- posting --------------------------------------------------------------------------------

    def compose(self, room: int) -> None:
        body = f"{self.name} {len(self.attempts) + 1}"
        attempt = Attempt(str(uuid.uuid4()), self.user.pk, room, body)
        self.attempts.append(attempt)
        self.unacknowledged.append(attempt)

    def next_attempt(self) -> Attempt | None:
        """Return the first post without a response, once per connection, or None."""
        if not self.is_welcome or not self.unacknowledged or self.unacknowledged[0].client_id in self.sent:
            return None
        self.sent.add(self.unacknowledged[0].client_id)
        return self.unacknowledged[0]

    def draft(self, attempt: Attempt) -> Draft:
        return Draft(self.user.pk, attempt.room, uuid.UUID(attempt.client_id), attempt.body)

    def respond(self, attempt: Attempt, result: Message | Refusal) -> None:
        """Put the server's response into the outbox."""
        if self.process is None:
            return
        fields = {"client_id": attempt.client_id}
        if isinstance(result, Refusal):
            fields["code"] = result.code
        else:
            [fields["message"]] = serialize_for(self.user, result)
        self.process.loop.run(partial(self.socket.push, encoded({"type": "ok", **fields})))

    def _acknowledged(self, event: dict[str, Any]) -> None:
        attempt = next((each for each in self.unacknowledged if each.client_id == event["client_id"]), None)
        if attempt is None:  # acknowledged twice, since it was sent twice
            return
        self.unacknowledged.remove(attempt)
        if message := event.get("message"):
            attempt.acked = MessageState(message["id"], message["seq"], message["version"], attempt.body)
        else:
            attempt.refused = event["code"]

    # -- observations ---------------------------------------------------------------------------

    def view(self) -> ReaderView:
        rooms = {room: self.timelines.setdefault(room, Timeline()).messages for room in self.state.rooms}
        blocked = blocklists_for([self.user.pk])[self.user.pk].blocked
        return ReaderView(self.name, self.user.pk, rooms, self.violations, blocked)

    def _record(self, kind: str, **fields: Any) -> None:
        if kind == "put":
            messages = [MessageState(*message) for message in fields["messages"]]
            timeline = self.timelines.setdefault(fields["room"], Timeline())
            timeline.merge(fields["version"], messages, reset=fields["reset"])
        elif kind == "violation":
            self.violations.append(fields["text"])


def post(posts: Sequence[tuple[ModelClient, Attempt]]) -> None:
    """Store the posts in one transaction, as the writer does with a batch, then send the responses."""
    results = post_drafts([client.draft(attempt) for client, attempt in posts])
    for (client, attempt), result in zip(posts, results, strict=True):
        client.respond(attempt, result)
