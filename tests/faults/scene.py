"""A scene: people who write and read while a fault happens, and the oracle's judgement when it is over."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from tests.faults.cluster import Cluster
from tests.faults.evidence import Log, read_reader, read_writer
from tests.faults.line import Line
from tests.faults.oracle import complaints
from tests.faults.reader import Reader
from tests.faults.writer import Writer

PATIENCE = 90.0


@dataclass
class Scene:
    cluster: Cluster
    folder: Path
    random: Random
    rooms: list[int]
    sessions: list[str]
    writers: list[Writer] = field(default_factory=list)
    readers: list[Reader] = field(default_factory=list)
    tasks: dict[Line, asyncio.Task[None]] = field(default_factory=dict)

    def add_writer(self, url: str = "", **options: Any) -> Writer:
        log = Log(self.folder / f"writer{len(self.writers)}.log")
        options = {"rooms": self.rooms, **options}
        writer = Writer(url or self.cluster.socket_url, self._session(), log=log, random=self._own(), **options)
        self.writers.append(writer)
        return self._begin(writer)

    def add_reader(self, url: str = "", **options: Any) -> Reader:
        log = Log(self.folder / f"reader{len(self.readers)}.log")
        reader = Reader(url or self.cluster.socket_url, self._session(), log=log, random=self._own(), **options)
        self.readers.append(reader)
        return self._begin(reader)

    @property
    def acked(self) -> int:
        return sum(writer.acked for writer in self.writers)

    async def until_all_are_in(self) -> None:
        await until(lambda: all(line.welcomes for line in [*self.writers, *self.readers]), "all are in")

    async def progress(self, posts: int) -> None:
        """Wait until so many more posts were acknowledged."""
        goal = self.acked + posts
        await until(lambda: self.acked >= goal, f"{posts} more posts are acknowledged; {self.tally()}")

    async def until_all_write(self, seconds: float = PATIENCE) -> None:
        """Each writer has one more post acknowledged: nobody is stuck."""
        before = [writer.acked for writer in self.writers]
        await until(
            lambda: all(writer.acked > was for writer, was in zip(self.writers, before, strict=True)),
            lambda: f"each writer goes on; {self.tally()}",
            seconds,
        )

    async def settle(self) -> None:
        """Let everybody finish by themselves, and ask the oracle."""
        for writer in self.writers:
            writer.finish()
        async with asyncio.timeout(PATIENCE):
            await asyncio.gather(*(self.tasks[writer] for writer in self.writers))
        versions = await asyncio.to_thread(self.cluster.database.versions, self.rooms)
        await until(
            lambda: self._all_know(versions), lambda: f"all readers have all; {self._lagging(versions)}", fail=False
        )
        assert await self.judge() == []

    async def judge(self) -> list[str]:
        stored = await asyncio.to_thread(self.cluster.database.rooms, self.rooms)
        return complaints(
            stored,
            [read_writer(writer.log.path) for writer in self.writers],
            [read_reader(reader.log.path) for reader in self.readers],
        )

    def tally(self) -> str:
        answers = [writer.answers for writer in self.writers]
        closes = [dict(line.closes) for line in [*self.writers, *self.readers]][:12]
        return f"acknowledged {[writer.acked for writer in self.writers]}, answers {answers}, closes {closes}"

    def _all_know(self, versions: dict[int, int]) -> bool:
        return all(
            reader.known(room) >= version
            for reader in self.readers
            for room, version in versions.items()
            if room in reader.rooms
        )

    def _lagging(self, versions: dict[int, int]) -> str:
        return ", ".join(
            f"{reader.log.path.stem} has {reader.known(room)} of {version} in room {room}"
            for reader in self.readers
            for room, version in versions.items()
            if reader.known(room) < version
        )

    def _session(self) -> str:
        return self.sessions[(len(self.writers) + len(self.readers)) % len(self.sessions)]

    def _own(self) -> Random:
        return Random(self.random.random())

    def _begin(self, line: Any) -> Any:
        self.tasks[line] = asyncio.create_task(line.run())
        return line


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
) -> AsyncIterator[Scene]:
    """Writers and readers in new rooms; the block begins when all are in and each writer has been heard once.

    extra: so many people more, for whoever the test adds.
    """
    made = await asyncio.to_thread(cluster.populate, people=writers + readers + extra or 1, rooms=rooms)
    play = Scene(cluster, folder, random, made["rooms"], made["sessions"])
    try:
        for _ in range(writers):
            play.add_writer()
        for _ in range(readers):
            play.add_reader()
        await play.until_all_are_in()
        await play.until_all_write()
        yield play
    finally:
        for task in play.tasks.values():
            task.cancel()
        await asyncio.gather(*play.tasks.values(), return_exceptions=True)
        for line in [*play.writers, *play.readers]:
            line.log.close()


async def until(
    is_so: Callable[[], object], what: str | Callable[[], str], seconds: float = PATIENCE, *, fail: bool = True
) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > deadline:
            text = what if isinstance(what, str) else what()
            if fail:
                raise TimeoutError(f"not within {seconds:.0f} s: {text}")
            print(f"not within {seconds:.0f} s: {text}")
            return
        await asyncio.sleep(0.02)
