"""A scene: people who write and read while a fault happens, and the oracle's judgement when it is over."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from tests.faults.client import Line
from tests.faults.cluster import Cluster
from tests.faults.observations import Log, read_reader, read_writer
from tests.faults.oracle import complaints
from tests.faults.reader import Reader
from tests.faults.writer import Writer
from tests.waiting import until


@dataclass
class Scene:
    """`sessions`: of people who do nothing yet. `logs`: of what was written."""

    cluster: Cluster
    folder: Path
    random: Random
    rooms: list[int]
    sessions: list[str]
    writers: list[Writer] = field(default_factory=list)
    readers: list[Reader] = field(default_factory=list)
    logs: list[Log] = field(default_factory=list)
    tasks: dict[Line, asyncio.Task[None]] = field(default_factory=dict)

    # -- who takes part -------------------------------------------------------------------------

    def add_writer(self, url: str = "", *, session: str = "", **options: Any) -> Writer:
        self.logs.append(log := Log(self.folder / f"writer{len(self.logs)}.log"))
        options = {"rooms": self.rooms, "random": Random(self.random.random()), **options}
        writer = Writer(url or self.cluster.socket_url, session or self.sessions.pop(), log=log, **options)
        self.writers.append(writer)
        self.begin(writer)
        return writer

    def add_reader(self, url: str = "", *, session: str = "", **options: Any) -> Reader:
        log = Log(self.folder / f"reader{len(self.readers)}.log")
        options = {"random": Random(self.random.random()), **options}
        reader = Reader(url or self.cluster.socket_url, session or self.sessions.pop(), log=log, **options)
        self.readers.append(reader)
        self.begin(reader)
        return reader

    async def add_line(self, url: str, session: str) -> Line:
        """A line for whatever the test does with it, when it is open."""
        line = Line(url, session, random=Random(self.random.random()))
        self.begin(line)
        await line.is_open.wait()
        return line

    def begin(self, line: Line) -> None:
        self.tasks[line] = asyncio.create_task(line.run())

    def end(self, line: Line) -> None:
        self.tasks.pop(line).cancel()

    # -- what is waited for ---------------------------------------------------------------------

    @property
    def acked(self) -> int:
        return sum(writer.acked for writer in self.writers)

    async def until_all_are_in(self) -> None:
        await until(lambda: all(line.welcomes for line in self.tasks), lambda: f"all are in; {self.tally()}")

    async def progress(self, posts: int) -> None:
        """Wait until so many more posts were acknowledged."""
        goal = self.acked + posts
        await until(lambda: self.acked >= goal, lambda: f"{posts} more posts; {self.tally()}")

    async def until_all_write(self) -> None:
        """Each writer has one more post acknowledged: nobody is stuck."""
        before = {writer: writer.acked for writer in self.writers}
        await until(
            lambda: all(writer.acked > was for writer, was in before.items()), lambda: f"all go on; {self.tally()}"
        )

    async def until_all_read(self, *readers: Reader) -> None:
        """These readers (or all) have what was said until now."""
        versions = await asyncio.to_thread(self.cluster.database.versions, self.rooms)

        def behind() -> list[str]:
            return _behind(readers or self.readers, versions)

        await until(lambda: not behind(), lambda: f"all is read; {behind()}; {self.tally()}")

    # -- the end --------------------------------------------------------------------------------

    async def settle(self) -> None:
        """Let everybody finish by themselves, and ask the oracle."""
        for writer in self.writers:
            writer.finish()
        finished = asyncio.gather(*(self.tasks[writer] for writer in self.writers))
        await until(finished.done, lambda: f"all is sent; {self.tally()}")
        await finished
        with suppress(TimeoutError):  # the oracle tells more
            await self.until_all_read()
        if found := await self.judge():
            raise AssertionError("\n".join([*(text[:300] for text in found[:20]), self.tally()]))

    async def judge(self) -> list[str]:
        stored = await asyncio.to_thread(self.cluster.database.rooms, self.rooms)
        writers = [read_writer(log.path) for log in self.logs]
        return complaints(stored, writers, [read_reader(reader.log.path) for reader in self.readers])

    def tally(self) -> str:
        acked = [writer.acked for writer in self.writers]
        answers = [writer.answers for writer in self.writers]
        closes = [dict(line.closes) for line in self.tasks if line.closes]
        dead = [server.folder.name for server in self.cluster.servers if server.process.poll() is not None]
        return f"acknowledged {acked}, answers {answers}, closes {closes[:12]}, dead {dead}"


@asynccontextmanager
async def scene(
    cluster: Cluster,
    folder: Path,
    random: Random,
    *,
    writers: int = 4,
    readers: int = 4,
    rooms: int = 2,
    extra: int = 0,
    **options: Any,
) -> AsyncIterator[Scene]:
    """Writers and readers in new rooms; the block begins when all are in and each writer has been heard.

    extra: so many people more, for whoever the test adds. options: of the writers.
    """
    made = await asyncio.to_thread(cluster.populate, people=writers + readers + extra, rooms=rooms)
    play = Scene(cluster, folder, random, made["rooms"], made["sessions"])
    try:
        for _ in range(writers):
            play.add_writer(**options)
        for _ in range(readers):
            play.add_reader()
        await play.until_all_are_in()
        await play.until_all_write()
        yield play
    finally:
        for task in play.tasks.values():
            task.cancel()
        await asyncio.gather(*play.tasks.values(), return_exceptions=True)
        for log in [*play.logs, *(reader.log for reader in play.readers)]:
            log.close()


def _behind(readers: Iterable[Reader], versions: dict[int, int]) -> list[str]:
    return [
        f"{reader.log.path.stem} has {reader.known(room)} of {version} in room {room}"
        for reader in readers
        for room, version in versions.items()
        if room in reader.rooms and reader.known(room) < version
    ]
