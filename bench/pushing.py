"""Has one message pushed to everyone's device, by a push service of which a part of the answers are errors."""

import asyncio
import os
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from statistics import quantiles
from tempfile import TemporaryDirectory
from time import perf_counter

from bench.chatsite import chatsite
from bench.crowd import ClientGroup
from bench.database import execute, query
from bench.machine import memory_bytes
from bench.posting import post_alone
from bench.scenarios import Outcome, measured
from bench.servers import Population, RunningServer
from tests.push_service import Received, Reply, push_service
from tests.services import free_port

PAUSE = 0.02  # between two posts
ALONE = 50  # posts before anything is pushed
MANY_SECONDS = 300
# Of each hundred devices, five each get one of these answers. None: the connection is closed without an answer.
GONE, REFUSED, DELAYED, FAILING, DISCONNECTED = 410, 400, 429, 503, None
ERRORS = {0: GONE, 1: REFUSED, 2: DELAYED, 3: FAILING, 4: DISCONNECTED}
ERRORS_EVERY = 20

QUEUED = (
    "INSERT INTO messaging_roompush "
    "(subscription_id, room_id, message_id, urgency, is_shown, is_closing, due_at, expires_at, attempts) "
    "SELECT id, {room}, (SELECT MAX(id) FROM messaging_message), 'high', FALSE, FALSE, {now}, {later}, 0 "
    "FROM messaging_pushsubscription"
)
LEFT = "SELECT COUNT(*) FROM messaging_roompush WHERE due_at IS NOT NULL"


class Answers:
    """Answers with each kind of error: those that may work later once, the others always."""

    def __init__(self) -> None:
        self.accepted: Counter[str] = Counter()
        self._failed: set[str] = set()
        self._lock = threading.Lock()

    def __call__(self, received: Received) -> Reply | None:
        device = received.path.rpartition("/")[2]
        with self._lock:
            code = ERRORS.get(int(device) % ERRORS_EVERY, 201)
            if code in (DELAYED, FAILING, DISCONNECTED) and device in self._failed:
                code = 201
            self._failed.add(device)
            if code == 201:
                self.accepted[device] += 1
        return (code, {}, b"") if code is not None else None


_answers = Answers()


@cache
def port() -> int:
    """Return the port of the push service, which is a part of the devices' addresses."""
    return free_port()


@contextmanager
def with_devices(people: Population) -> Iterator[RunningServer]:
    """Run Chatsite with a device for each user, and the push service of all of them."""
    global _answers
    _answers = Answers()
    with TemporaryDirectory() as folder, push_service(Path(folder), port()) as service:
        service.reply = _answers
        os.environ["BENCH_PUSH_PORT"] = str(service.port)  # for the filler
        environment = {"CHAT_PUSH_HOSTS": service.host, "SSL_CERT_FILE": str(service.certificate)}
        with chatsite(people, filler="bench.push_people", **environment) as server:
            yield server


async def measure(server: RunningServer) -> Outcome:
    """Push one message to all devices at once, while a user keeps posting."""
    outcome = Outcome()
    devices = query(server, "SELECT COUNT(*) FROM messaging_pushsubscription")
    async with ClientGroup(server.protocol, server.ports, server.participants[:1]) as crowd:
        await crowd.rest()
        [writer] = crowd.clients
        await post_alone(writer, 10)
        alone = await post_alone(writer, ALONE, pause=PAUSE)
        before, grown, beside = memory_bytes(server.processes[0]), 0, []
        with measured(server, outcome):
            begun = perf_counter()
            _queue(server)
            first, pushing = 0.0, 0
            async with asyncio.timeout(MANY_SECONDS):
                while _left(server):
                    beside += await post_alone(writer, 10, pause=PAUSE)
                    grown = max(grown, memory_bytes(server.processes[0]) - before)
                    if not first and len(_answers.accepted) >= devices * (ERRORS_EVERY - len(ERRORS)) // ERRORS_EVERY:
                        first, pushing = perf_counter() - begun, len(beside)
            outcome.figures["s with retries after 30 s"] = perf_counter() - begun
    expected = devices * (ERRORS_EVERY - 2) // ERRORS_EVERY
    outcome.stored = server.stored + 10 + ALONE + len(beside)
    outcome.figures["s until all without errors have it"] = first
    outcome.figures["missing"] = expected - len(_answers.accepted)
    outcome.figures["received twice"] = sum(count > 1 for count in _answers.accepted.values())
    outcome.figures["MB grown"] = grown / 1_000_000
    for name, times in (("post", beside[:pushing]), ("post alone", alone)):
        outcome.figures[f"worst {name}, ms"] = max(times) * 1000
        outcome.figures[f"p99 {name}, ms"] = quantiles(times, n=100)[98] * 1000
    return outcome


def _queue(server: RunningServer) -> None:
    now = "strftime('%Y-%m-%d %H:%M:%f', 'now')"
    later = "strftime('%Y-%m-%d %H:%M:%f', 'now', '+1 day')"
    execute(server, QUEUED.format(room=server.participants[0].room, now=now, later=later))


def _left(server: RunningServer) -> int:
    return query(server, LEFT)
