"""A world without time or network: real hubs, watches and actions, and pages whose lines a model holds in its hand."""

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
from rooms import events as room_events
from rooms.errors import Refusal
from rooms.models import Membership
from tests.factories import post_drafts
from tests.faults.client_state import Hearing
from tests.faults.observations import Attempt, ReaderList, Shelf, Shown

READ_SECONDS = 0.02  # what the watch reads, it hands over a moment later


class HandClock(asyncio.SelectorEventLoop):
    """A loop whose time stands still until it is moved on."""

    now = 0.0

    def time(self) -> float:
        return self.now

    def turn(self) -> None:
        """All that is due, and what follows from it."""
        while True:
            self.call_soon(self.stop)
            self.run_forever()
            if not self._ready:
                return

    def advance(self, seconds: float) -> None:
        end = self.now + seconds
        self.turn()
        while self._scheduled and self._scheduled[0].when() <= end:
            self.now = max(self.now, self._scheduled[0].when())
            self.turn()
        self.now = end
        self.turn()

    def do(self, work: Callable[[], Any]) -> Any:
        """Call it on the loop, and let what follows from it happen."""

        async def call() -> Any:
            return work()

        result = self.run_until_complete(call())
        self.turn()
        return result


async def read_slowly(work: Callable[..., Any], *args: Any) -> Any:
    """Stands for `in_thread`: between the reading and the use of what was read other things happen."""
    result = work(*args)
    await asyncio.sleep(READ_SECONDS)
    return result


class Process:
    """A server process. `coming`: what was published, here or elsewhere, and has not arrived."""

    def __init__(self, clock: HandClock) -> None:
        self.clock = clock
        self.coming: list[Sequence[Envelope]] = []
        self.hub, self.watch = clock.do(self._begin)

    @staticmethod
    def _begin() -> tuple[Hub, Reconciler]:
        hub = Hub()
        hub.redact = redact_envelope
        hub.start()
        return hub, Reconciler(hub)

    def publish(self, envelopes: Sequence[Envelope]) -> None:
        self.coming.append(envelopes)

    def arrive(self, place: int) -> None:
        envelopes = self.coming.pop(place)
        self.clock.do(partial(self.hub.deliver, *envelopes))

    def end(self) -> None:
        self.clock.run_until_complete(self.watch.stop())


class FarEnd(Transport):
    """What the server wrote and the page has not read."""

    def __init__(self) -> None:
        super().__init__(_no_send)
        self.frames: list[str] = []
        self.takes_more = True
        self.code: int | None = None

    @property
    def is_writable(self) -> bool:
        return self.takes_more

    def write(self, frame: bytes) -> None:
        self.frames.append(text_of(frame))

    def close(self, code: int, reason: str = "") -> None:
        self.code = code


async def _no_send(message: dict[str, Any]) -> None:
    raise AssertionError("the model's lines send nothing by themselves")


class Page:
    """One person's page. unsent: what it wrote and has no answer to. asked: which of them this line carried."""

    def __init__(self, name: str, user: User) -> None:
        self.name, self.user = name, user
        self.shelves: dict[int, Shelf] = {}
        self.complaints: list[str] = []
        self.hearing = Hearing(self._note)
        self.attempts: list[Attempt] = []
        self.unsent: list[Attempt] = []
        self.asked: set[str] = set()
        self.process: Process | None = None
        self.socket: Socket | None = None
        self.far: FarEnd | None = None
        self.is_welcome = False

    # -- the line -------------------------------------------------------------------------------

    def knock(self, process: Process) -> None:
        """Subscribed first: what is published from now on waits in the outbox."""
        self.process, self.far, self.is_welcome = process, FarEnd(), False
        rooms = list(Membership.objects.filter(user=self.user).values_list("room_id", flat=True))
        process.clock.do(partial(self._subscribe, [room_topic(room) for room in rooms]))

    def _subscribe(self, topics: list[str]) -> None:
        hub = self.process.hub
        hidden = blocklists_for([self.user.pk])[self.user.pk].blocked
        self.socket = Socket(user_id=self.user.pk, transport=self.far, flusher=hub.flusher, blocked_ids=hidden)
        for topic in (everyone, user_topic(self.user.pk), *topics):
            hub.subscribe(topic, self.socket)

    def enter(self) -> None:
        """Read second: the welcome, as the consumer makes it."""
        rooms = room_events.rooms_of(User.objects.get(pk=self.user.pk))
        self.process.clock.do(partial(self._open, rooms))

    def _open(self, rooms: list[dict[str, Any]]) -> None:
        for room in rooms:
            self.process.hub.set_baseline(room_topic(room["id"]), room["version"])
            self.process.watch.note_revision(room["id"], room["revision"])
        self.process.watch.recheck_rooms(user_topic(self.user.pk))
        self.socket.open(encoded({"type": "welcome", "rooms": rooms, "blocked": sorted(self.socket.blocked_ids)}))
        self.is_welcome = True

    def drop(self) -> None:
        """The line breaks; what was under way on it is lost."""
        if self.process is not None:
            self.process.clock.do(partial(self.process.hub.remove, self.socket))
            self.process.clock.do(self.socket.stop)
        self.process = self.socket = self.far = None
        self.is_welcome = False
        self.asked.clear()

    def let_through(self, takes_more: bool) -> None:
        self.far.takes_more = takes_more
        if takes_more:
            self.process.clock.do(self.far.on_writable)

    def read(self) -> None:
        """All that is under way arrives."""
        frames, self.far.frames = self.far.frames, []
        for frame in frames:
            for event in json.loads(frame):
                if event["type"] == "ok":
                    self._acknowledged(event)
                else:
                    self.hearing.hears(event)
        if self.far.code is not None and not self.far.frames:
            self.drop()

    def sync(self) -> None:
        """Ask for all that is wanted; the answer is put into the outbox."""
        asked = {room: self.hearing.known(room) for room in self.hearing.wanted & self.hearing.rooms}
        self.hearing.wanted.clear()
        reply = commands.execute(self.user, protocol.Sync(ref="sync", rooms=asked))
        for event in reply.events:
            self.process.clock.do(partial(self.socket.push, encoded(event)))

    # -- writing --------------------------------------------------------------------------------

    def write(self, room: int) -> None:
        body = f"{self.name} {len(self.attempts) + 1}"
        attempt = Attempt(str(uuid.uuid4()), self.user.pk, room, body)
        self.attempts.append(attempt)
        self.unsent.append(attempt)

    def next(self) -> Attempt | None:
        """What it sends now: the first without an answer, once on each line."""
        if not self.is_welcome or not self.unsent or self.unsent[0].client_id in self.asked:
            return None
        self.asked.add(self.unsent[0].client_id)
        return self.unsent[0]

    def draft(self, attempt: Attempt) -> Draft:
        return Draft(self.user.pk, attempt.room, uuid.UUID(attempt.client_id), attempt.body)

    def answer(self, attempt: Attempt, result: Message | Refusal) -> None:
        """The server's answer, put into the outbox."""
        if self.process is None:
            return
        fields = {"client_id": attempt.client_id}
        if isinstance(result, Refusal):
            fields["code"] = result.code
        else:
            fields["message"] = serialize_for(self.user, result)
        self.process.clock.do(partial(self.socket.push, encoded({"type": "ok", **fields})))

    def _acknowledged(self, event: dict[str, Any]) -> None:
        attempt = next((each for each in self.unsent if each.client_id == event["client_id"]), None)
        if attempt is None:  # answered twice, since it was sent twice
            return
        self.unsent.remove(attempt)
        if message := event.get("message"):
            attempt.acked = Shown(message["id"], message["seq"], message["version"], attempt.body)
        else:
            attempt.refused = event["code"]

    # -- the end --------------------------------------------------------------------------------

    def shows(self) -> ReaderList:
        rooms = {room: self.shelves.setdefault(room, Shelf()).messages for room in self.hearing.rooms}
        hidden = blocklists_for([self.user.pk])[self.user.pk].blocked
        return ReaderList(self.name, self.user.pk, rooms, self.complaints, hidden)

    def _note(self, kind: str, **fields: Any) -> None:
        if kind == "put":
            messages = [Shown(*message) for message in fields["messages"]]
            self.shelves.setdefault(fields["room"], Shelf()).put(fields["version"], messages, reset=fields["reset"])
        elif kind == "complaint":
            self.complaints.append(fields["text"])


def store(posts: Sequence[tuple[Page, Attempt]]) -> None:
    """What the writer does with posts that came together: one transaction, then the answers."""
    results = post_drafts([page.draft(attempt) for page, attempt in posts])
    for (page, attempt), result in zip(posts, results, strict=True):
        page.answer(attempt, result)
