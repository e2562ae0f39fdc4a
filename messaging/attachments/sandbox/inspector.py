"""Looking at a file that came, from a safe distance: a process of its own opens it, and is not believed."""

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from messaging.attachments import media_types
from messaging.attachments.sandbox.handles import Handed
from messaging.attachments.sandbox.messages import Answer, Job, Rendition
from messaging.attachments.sandbox.verification import is_markup
from messaging.attachments.sandbox.worker import Worker

logger = logging.getLogger(__name__)

JOB_SECONDS = 60.0  # however busy the machine; of its work the process counts 20 by itself
IDLE_SECONDS = 60.0


class Stopped(Exception):
    """The server stops; the file has not been looked at."""


@dataclass(frozen=True, slots=True)
class Inspection:
    """What a file is. `renditions`: finished files, by what they are for: 'thumbnail', 'display', 'text'."""

    type: str
    kind: str
    width: int | None = None
    height: int | None = None
    lines: int | None = None
    preview: str = ""
    renditions: dict[str, Path] = field(default_factory=dict)


class Inspector:
    """Belongs to one event loop. Files are opened one after the other."""

    def __init__(self) -> None:
        self._turn = asyncio.Lock()
        self._worker: Worker | None = None
        self._rest: asyncio.TimerHandle | None = None
        self._is_stopped = False

    async def inspect(self, path: Path, name: str, folder: Path) -> Inspection:
        """Make what is shown of it in `folder`, which is the caller's to remove.

        Whatever the file holds, there is an answer: of one that cannot be opened, or takes too long, what its first
        bytes say. Raises Stopped, and OSError where the disk is full.
        """
        media_type = await asyncio.to_thread(_type_of, path)
        if media_type and media_type not in media_types.OPENED:
            return Inspection(type=media_type, kind=media_types.kind_of(media_type))
        job = Job(name=name, type=media_type, renditions=_renditions(media_type))
        async with self._turn:
            with self._awake(), await asyncio.to_thread(Handed, path, folder, job.renditions) as handed:
                answer = await self._ask(job, handed)
                return await asyncio.to_thread(_believed, job, answer, handed)

    async def stop(self) -> None:
        """Whoever waits for an answer gets Stopped."""
        self._is_stopped = True
        if self._worker:
            self._worker.kill()
        async with self._turn:
            if self._rest:
                self._rest.cancel()
            await self._end()

    @contextmanager
    def _awake(self) -> Iterator[None]:
        if self._rest:
            self._rest.cancel()
        try:
            yield
        finally:
            self._rest = asyncio.get_running_loop().call_later(IDLE_SECONDS, self._retire)

    def _retire(self) -> None:
        if self._worker:
            self._worker.close()
            self._worker = None

    async def _ask(self, job: Job, handed: Handed) -> Answer:
        try:
            async with asyncio.timeout(JOB_SECONDS):
                worker = await self._ready()
                return await worker.ask(job, handed.numbers)
        except (OSError, msgspec.DecodeError) as error:  # TimeoutError is an OSError
            await self._end()
            if self._is_stopped:
                raise Stopped from error
            logger.warning("A file of type %s took its process down: %s.", job.type or "text", type(error).__name__)
            return Answer()
        except asyncio.CancelledError:
            await self._end()  # its answer would be taken for the next one's
            raise

    async def _ready(self) -> Worker:
        if self._is_stopped:
            raise Stopped
        if self._worker and not self._worker.is_fit:
            await self._end()
        if self._worker is None:
            self._worker = await Worker.start()
        return self._worker

    async def _end(self) -> None:
        worker, self._worker = self._worker, None
        if worker:
            await worker.end()


def _type_of(path: Path) -> str:
    with path.open("rb") as file:
        head = file.read(media_types.HEAD)
    return media_types.type_of(head) if head else media_types.UNKNOWN


def _renditions(media_type: str) -> list[Rendition]:
    if not media_type:
        return ["text"]
    return ["thumbnail"] if media_type == media_types.PDF else ["thumbnail", "display"]


def _believed(job: Job, answer: Answer, handed: Handed) -> Inspection:
    if answer.trouble:
        logger.info("A file of type %s could not be opened: %s.", job.type or "text", answer.trouble)
    renditions = handed.keep(answer.renditions)
    if not job.type:
        return _text(answer, renditions)
    kind = media_types.kind_of(job.type)
    if answer.kind != "image" or answer.width is None or answer.height is None or "thumbnail" not in renditions:
        # A picture that cannot be shown is a file like any other.
        return Inspection(type=job.type, kind="other" if kind == "image" else kind)
    return Inspection(job.type, kind, answer.width, answer.height, renditions=renditions)


def _text(answer: Answer, renditions: dict[str, Path]) -> Inspection:
    if answer.kind != "text" or not is_markup(answer.preview):
        return Inspection(type=media_types.UNKNOWN, kind="other")
    return Inspection(media_types.TEXT, "text", lines=answer.lines, preview=answer.preview, renditions=renditions)
