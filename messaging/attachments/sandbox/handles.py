"""The open files of a job, passed to the sandbox as descriptors, and read back with care."""

import os
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryFile
from typing import BinaryIO, Self

from messaging.attachments.sandbox.messages import Rendition
from messaging.attachments.sandbox.verification import LARGEST, is_valid_rendition

# Quotas count only the original: without these limits a PNG of 128 KB got a `display` of 4.6 MB.
DISPLAY_TIMES, DISPLAY_BYTES = 4, 200_000


class JobFiles:
    """A file to read, and an unnamed temporary file for each rendition."""

    def __init__(self, path: Path, folder: Path, renditions: Iterable[Rendition]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._outputs: dict[Rendition, BinaryIO] = {}
        with ExitStack() as opened:
            self._file = opened.enter_context(path.open("rb"))
            for name in renditions:
                self._outputs[name] = opened.enter_context(TemporaryFile(dir=folder))
            self._opened = opened.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self._opened.close()

    @property
    def descriptors(self) -> list[int]:
        return [each.fileno() for each in (self._file, *self._outputs.values())]

    def copy_valid(self, names: Iterable[Rendition]) -> dict[str, Path]:
        """Copy valid renditions into the folder; the sandbox can still write to its own files."""
        kept: dict[str, Path] = {}
        for name in self._outputs.keys() & set(names):
            self._outputs[name].seek(0)
            most = self._most(name)
            content = self._outputs[name].read(most + 1)
            if len(content) <= most and is_valid_rendition(content, name):
                kept[name] = self._folder / name
                kept[name].write_bytes(content)
        return kept

    def _most(self, name: Rendition) -> int:
        if name != "display":
            return LARGEST
        return min(LARGEST, DISPLAY_TIMES * os.fstat(self._file.fileno()).st_size + DISPLAY_BYTES)
