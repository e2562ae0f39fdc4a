"""Lets everyone in a room react to one message, and measures the effect on all of them."""

import asyncio
from collections.abc import Sequence
from time import perf_counter

from bench.client import Client
from bench.crowd import ClientGroup
from bench.posting import DRAIN_SECONDS, post_alone
from bench.protocols import Chatsite
from bench.scenarios import Outcome, measured
from bench.servers import RunningServer
from bench.ws_frames import client_frame

MESSAGE = 1  # the id of the only message
PAUSE = 0.02  # between two posts
ALONE = 50  # posts before anyone reacts


async def measure(server: RunningServer, *, seconds: float = 1.0) -> Outcome:
    """Have one user post, first alone and then while all others react within `seconds`."""
    outcome = Outcome()
    async with ClientGroup(server.protocol, server.ports, server.participants) as crowd:
        await crowd.rest()
        writer, *others = crowd.clients
        await post_alone(writer, 10)
        alone = await post_alone(writer, ALONE, pause=PAUSE)
        await crowd.rest()
        before, beside = writer.position, []
        with measured(server, outcome):
            begun = perf_counter()
            reacting = asyncio.create_task(_react(others, seconds))
            while not reacting.done():
                beside += await post_alone(writer, 1, pause=PAUSE)
            await reacting
            outcome.figures["s until all are acknowledged"] = perf_counter() - begun
        await crowd.rest()
        crowd.check()
        outcome.figures["changes a page receives"] = writer.position - before - len(beside)
    outcome.stored = server.stored + 10 + ALONE + len(beside)
    outcome.figures["worst post, ms"] = max(beside) * 1000
    outcome.figures["worst post alone, ms"] = max(alone) * 1000
    return outcome


async def _react(clients: Sequence[Client], seconds: float) -> None:
    """Spread the reactions evenly, and wait until all are acknowledged."""
    begun, waiting, done = perf_counter(), set(range(len(clients))), asyncio.Event()

    def acknowledge(ref: str) -> None:
        waiting.discard(int(ref))
        if not waiting:
            done.set()

    for place, client in enumerate(clients):
        await asyncio.sleep(max(0, begun + seconds * place / len(clients) - perf_counter()))
        assert isinstance(client.protocol, Chatsite)
        client.on_ack = acknowledge
        client.transport.write(client_frame(client.protocol.react(str(place), MESSAGE, "👍")))
    async with asyncio.timeout(DRAIN_SECONDS):
        await done.wait()
