"""Inspects uploaded files in a separate, confined process whose output is verified."""

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from messaging.attachments import media_types
from messaging.attachments.sandbox.handles import JobFiles
from messaging.attachments.sandbox.messages import InspectionJob, InspectionResult, Rendition
from messaging.attachments.sandbox.process import SandboxProcess
from messaging.attachments.sandbox.verification import is_safe_markup

logger = logging.getLogger(__name__)

JOB_SECONDS = 60.0  # wall-clock time; the process limits its CPU time to 20 s
IDLE_SECONDS = 60.0


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
    """Inspects one file at a time. An instance belongs to one event loop."""

    def __init__(self) -> None:
        self._lock = asyncio.Lock()
        self._process: SandboxProcess | None = None
        self._idle_timer: asyncio.TimerHandle | None = None
        self._is_stopped = False

    async def inspect(self, path: Path, name: str, folder: Path) -> Inspection:
        """Inspect a file and write its renditions to `folder`, which the caller must remove.

        Files that cannot be opened or take too long get the type that their first bytes indicate.
        Raises InspectorStopped, or OSError when the disk is full.
        """
        media_type = await asyncio.to_thread(_type_of, path)
        if media_type and media_type not in media_types.OPENED:
            return Inspection(type=media_type, kind=media_types.kind_of(media_type))
        job = InspectionJob(name=name, type=media_type, renditions=_renditions(media_type))
        async with self._lock:
            with self._busy(), await asyncio.to_thread(JobFiles.open, path, folder, job.renditions) as files:
                result = await self._run(job, files)
                return await asyncio.to_thread(_verified, job, result, files)

    async def stop(self) -> None:
        """Stop the process. Pending calls of `inspect` raise InspectorStopped."""
        self._is_stopped = True
        if self._process:
            self._process.kill()
        async with self._lock:
            if self._idle_timer:
                self._idle_timer.cancel()
            await self._end_process()

    @contextmanager
    def _busy(self) -> Iterator[None]:
        if self._idle_timer:
            self._idle_timer.cancel()
        try:
            yield
        finally:
            self._idle_timer = asyncio.get_running_loop().call_later(IDLE_SECONDS, self._end_idle)

    def _end_idle(self) -> None:
        if self._process:
            self._process.close()
            self._process = None

    async def _run(self, job: InspectionJob, files: JobFiles) -> InspectionResult:
        try:
            async with asyncio.timeout(JOB_SECONDS):
                process = await self._usable_process()
                return await process.run(job, files.descriptors)
        except (OSError, msgspec.DecodeError) as error:  # TimeoutError is an OSError
            await self._end_process()
            if self._is_stopped:
                raise InspectorStopped from error
            logger.warning("A file of type %s killed its process: %s.", job.type or "text", type(error).__name__)
            return InspectionResult()
        except asyncio.CancelledError:
            await self._end_process()  # its late result would be mistaken for the next file's
            raise

    async def _usable_process(self) -> SandboxProcess:
        if self._is_stopped:
            raise InspectorStopped
        if self._process and not self._process.is_usable:
            await self._end_process()
        if self._process is None:
            self._process = await SandboxProcess.start()
        return self._process

    async def _end_process(self) -> None:
        process, self._process = self._process, None
        if process:
            await process.end()


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
        return _text(result, renditions)
    kind = media_types.kind_of(job.type)
    if result.kind != "image" or result.width is None or result.height is None or "thumbnail" not in renditions:
        # An image that cannot be rendered is treated as an ordinary file.
        return Inspection(type=job.type, kind="other" if kind == "image" else kind)
    return Inspection(job.type, kind, result.width, result.height, renditions=renditions)


def _text(result: InspectionResult, renditions: dict[str, Path]) -> Inspection:
    if result.kind != "text" or not is_safe_markup(result.preview):
        return Inspection(type=media_types.UNKNOWN, kind="other")
    return Inspection(media_types.TEXT, "text", lines=result.lines, preview=result.preview, renditions=renditions)
