"""Writers and readers that run while a fault happens, checked by the oracle when it is over."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from tests.faults.client import Client
from tests.faults.cluster import Cluster
from tests.faults.observations import Log, read_reader, read_writer
from tests.faults.oracle import violations
from tests.faults.reader import Reader
from tests.faults.writer import Writer
from tests.waiting import until


@dataclass
class Workload:
    """`sessions`: keys of users without a client yet. `logs`: of the posts."""

    cluster: Cluster
    folder: Path
    random: Random
    rooms: list[int]
    sessions: list[str]
    writers: list[Writer] = field(default_factory=list)
    readers: list[Reader] = field(default_factory=list)
    logs: list[Log] = field(default_factory=list)
    tasks: dict[Client, asyncio.Task[None]] = field(default_factory=dict)

    # -- clients --------------------------------------------------------------------------------

    def add_writer(self, url: str = "", *, session: str = "", **options: Any) -> Writer:
        self.logs.append(log := Log(self.folder / f"writer{len(self.logs)}.log"))
        options = {"rooms": self.rooms, "random": Random(self.random.random()), **options}
        writer = Writer(url or self.cluster.socket_url, session or self.sessions.pop(), log=log, **options)
        self.writers.append(writer)
        self.start(writer)
        return writer

    def add_reader(self, url: str = "", *, session: str = "", **options: Any) -> Reader:
        log = Log(self.folder / f"reader{len(self.readers)}.log")
        options = {"random": Random(self.random.random()), **options}
        reader = Reader(url or self.cluster.socket_url, session or self.sessions.pop(), log=log, **options)
        self.readers.append(reader)
        self.start(reader)
        return reader

    async def add_client(self, url: str, session: str) -> Client:
        """Return a connected client that does nothing by itself."""
        client = Client(url, session, random=Random(self.random.random()))
        self.start(client)
        await client.is_open.wait()
        return client

    def start(self, client: Client) -> None:
        self.tasks[client] = asyncio.create_task(client.run())

    # -- waiting --------------------------------------------------------------------------------

    @property
    def acked(self) -> int:
        return sum(writer.acked for writer in self.writers)

    async def until_all_connected(self) -> None:
        await until(lambda: all(client.welcomes for client in self.tasks), lambda: f"all connected; {self.summary()}")

    async def until_posts(self, posts: int) -> None:
        """Wait until `posts` more posts are acknowledged."""
        goal = self.acked + posts
        await until(lambda: self.acked >= goal, lambda: f"{posts} more posts; {self.summary()}")

    async def until_all_post(self) -> None:
        """Wait until each writer has another post acknowledged: none is stuck."""
        before = {writer: writer.acked for writer in self.writers}
        await until(
            lambda: all(writer.acked > acked for writer, acked in before.items()), lambda: f"all post; {self.summary()}"
        )

    async def until_all_caught_up(self, *readers: Reader) -> None:
        """Wait until these readers (by default all) have received everything stored so far."""
        versions = await asyncio.to_thread(self.cluster.database.versions, self.rooms)

        def behind() -> list[str]:
            return _behind(readers or self.readers, versions)

        await until(lambda: not behind(), lambda: f"all readers have caught up; {behind()}; {self.summary()}")

    # -- checking -------------------------------------------------------------------------------

    async def finish_and_check(self) -> None:
        """Let all clients finish on their own; raise AssertionError if the oracle finds violations."""
        for writer in self.writers:
            writer.finish()
        finished = asyncio.gather(*(self.tasks[writer] for writer in self.writers))
        await until(finished.done, lambda: f"every post is acknowledged; {self.summary()}")
        await finished
        with suppress(TimeoutError):  # the oracle's report says more
            await self.until_all_caught_up()
        if found := await self.violations():
            raise AssertionError("\n".join([*(text[:300] for text in found[:20]), self.summary()]))

    async def violations(self) -> list[str]:
        stored = await asyncio.to_thread(self.cluster.database.rooms, self.rooms)
        writers = [read_writer(log.path) for log in self.logs]
        return violations(stored, writers, [read_reader(reader.log.path) for reader in self.readers])

    def summary(self) -> str:
        acked = [writer.acked for writer in self.writers]
        responses = [writer.responses for writer in self.writers]
        closes = [dict(client.closes) for client in self.tasks if client.closes]
        dead = [server.folder.name for server in self.cluster.servers if server.process.poll() is not None]
        return f"acknowledged {acked}, responses {responses}, closes {closes[:12]}, dead {dead}"


@asynccontextmanager
async def run_workload(
    cluster: Cluster,
    folder: Path,
    random: Random,
    *,
    writers: int = 4,
    readers: int = 4,
    rooms: int = 2,
    extra: int = 0,
    **options: Any,
) -> AsyncIterator[Workload]:
    """Run writers and readers in new rooms; enter the block when all are connected and each writer has posted.

    extra: how many more users to create, for clients that the test adds. options: passed to the writers.
    """
    population = await asyncio.to_thread(cluster.populate, users=writers + readers + extra, rooms=rooms)
    workload = Workload(cluster, folder, random, population["rooms"], population["sessions"])
    try:
        for _ in range(writers):
            workload.add_writer(**options)
        for _ in range(readers):
            workload.add_reader()
        await workload.until_all_connected()
        await workload.until_all_post()
        yield workload
    finally:
        for task in workload.tasks.values():
            task.cancel()
        await asyncio.gather(*workload.tasks.values(), return_exceptions=True)
        for log in [*workload.logs, *(reader.log for reader in workload.readers)]:
            log.close()


def _behind(readers: Iterable[Reader], versions: dict[int, int]) -> list[str]:
    return [
        f"{reader.log.path.stem} has {reader.version_of(room)} of {version} in room {room}"
        for reader in readers
        for room, version in versions.items()
        if room in reader.rooms and reader.version_of(room) < version
    ]
