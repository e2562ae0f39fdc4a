"""Inspects uploaded files in a separate, confined process whose output is verified."""

import asyncio
import logging
import time
from dataclasses import dataclass, field
from pathlib import Path

from live.fair_threads import FairThreads
from live.isolation.process import NICENESS, ConfinedProcess, ProcessFailed, TookTooLong
from messaging.attachments import media_types
from messaging.attachments.sandbox.handles import JobFiles
from messaging.attachments.sandbox.messages import InspectionJob, InspectionResult, Rendition
from messaging.attachments.sandbox.verification import is_safe_markup

logger = logging.getLogger(__name__)

MODULE = "messaging.attachments.sandbox.main"
QUICK_SECONDS, SLOW_SECONDS = 0.5, 20.0  # CPU time
QUICK_WAIT, SLOW_WAIT = 5.0, 60.0  # wall-clock time, for busy machines
COSTLY_SECONDS = 60.0
MAX_WAITING = 200  # in each lane, as every waiting file is open


class InspectorStopped(Exception):
    """The server is stopping, so the file was not inspected."""


@dataclass(frozen=True, slots=True)
class Inspection:
    """The result for a file. `renditions`: the paths of derived files, keyed by 'thumbnail', 'display' and 'text'."""

    type: str
    kind: str
    width: int | None = None
    height: int | None = None
    lines: int | None = None
    preview: str = ""
    renditions: dict[str, Path] = field(default_factory=dict)


class Inspector:
    """Inspects files in two lanes, in each of which people take turns. An instance belongs to one event loop.

    A file that takes too long in the quick lane is inspected again in the slow one, and so are the person's other files
    for a minute. No one's small file waits for someone else's costly one.
    """

    def __init__(self) -> None:
        self._quick = _Lane(QUICK_SECONDS, QUICK_WAIT, name="quick-inspection")
        self._slow = _Lane(SLOW_SECONDS, SLOW_WAIT, name="slow-inspection", niceness=19)  # the lowest priority
        self._costly_until: dict[int, float] = {}
        self._is_stopped = False

    async def inspect(
        self, path: Path, name: str, folder: Path, person: int, *, renditions: list[Rendition] | None = None
    ) -> Inspection:
        """Inspect a person's file and write its renditions to `folder`, which the caller must remove.

        `renditions`: those wanted of an image, or None for all.

        Files that cannot be opened or take too long get the type that their first bytes indicate.
        Raises Busy, InspectorStopped, or OSError when the disk is full.
        """
        media_type = await asyncio.to_thread(_type_of, path)
        if media_type and media_type not in media_types.OPENED:
            return Inspection(type=media_type, kind=media_types.kind_of(media_type))
        job = InspectionJob(name=name, type=media_type, renditions=renditions or _renditions(media_type))
        try:
            return await self._quick.threads.run(str(person), self._inspect_quickly, job, path, folder, person)
        except TookTooLong:
            self._expect_costly_files(person)
        return await self._slow.threads.run(str(person), self._inspect_slowly, job, path, folder)

    async def stop(self) -> None:
        """End the processes. Pending calls of `inspect` raise InspectorStopped."""
        self._is_stopped = True
        for lane in (self._quick, self._slow):
            await asyncio.to_thread(lane.process.close)

    def _expect_costly_files(self, person: int) -> None:
        now = time.monotonic()
        self._costly_until = {each: until for each, until in self._costly_until.items() if until > now}
        self._costly_until.setdefault(person, now + COSTLY_SECONDS)

    def _inspect_quickly(self, job: InspectionJob, path: Path, folder: Path, person: int) -> Inspection:
        if self._costly_until.get(person, 0.0) > time.monotonic():
            raise TookTooLong
        return self._inspect(self._quick, job, path, folder)

    def _inspect_slowly(self, job: InspectionJob, path: Path, folder: Path) -> Inspection:
        try:
            return self._inspect(self._slow, job, path, folder)
        except TookTooLong:
            logger.warning("A file of type %s took too long.", job.type or "text")
            return _unopened(job)

    def _inspect(self, lane: "_Lane", job: InspectionJob, path: Path, folder: Path) -> Inspection:
        with JobFiles.open(path, folder, job.renditions) as files:
            try:
                result = lane.process.run(job, InspectionResult, files.descriptors)
            except ProcessFailed as error:
                if self._is_stopped:
                    raise InspectorStopped from error
                logger.warning("A file of type %s killed its process.", job.type or "text")
                return _unopened(job)
            return _verified(job, result, files)


class _Lane:
    """A process, and the thread that waits for it."""

    def __init__(self, cpu_seconds: float, seconds: float, *, name: str, niceness: int = NICENESS) -> None:
        self.process = ConfinedProcess(MODULE, cpu_seconds=cpu_seconds, seconds=seconds, niceness=niceness)
        self.threads = FairThreads(1, limit=MAX_WAITING, share=1, name=name)


def _type_of(path: Path) -> str:
    with path.open("rb") as file:
        head = file.read(media_types.HEAD)
    return media_types.type_of(head) if head else media_types.UNKNOWN


def _renditions(media_type: str) -> list[Rendition]:
    if not media_type:
        return ["text"]
    return ["thumbnail"] if media_type == media_types.PDF else ["thumbnail", "display"]


def _verified(job: InspectionJob, result: InspectionResult, files: JobFiles) -> Inspection:
    if result.error:
        logger.info("A file of type %s could not be opened: %s.", job.type or "text", result.error)
    renditions = files.copy_valid(result.renditions)
    if not job.type:
        return _text(job, result, renditions)
    if result.kind != "image" or result.width is None or result.height is None or "thumbnail" not in renditions:
        return _unopened(job)
    kind = media_types.kind_of(job.type)
    return Inspection(job.type, kind, result.width, result.height, renditions=renditions)


def _text(job: InspectionJob, result: InspectionResult, renditions: dict[str, Path]) -> Inspection:
    if result.kind != "text" or not is_safe_markup(result.preview):
        return _unopened(job)
    return Inspection(media_types.TEXT, "text", lines=result.lines, preview=result.preview, renditions=renditions)


def _unopened(job: InspectionJob) -> Inspection:
    """Return the result for a file that could not be opened. An image is then treated as an ordinary file."""
    kind = media_types.kind_of(job.type) if job.type else "other"
    return Inspection(type=job.type or media_types.UNKNOWN, kind="other" if kind == "image" else kind)
