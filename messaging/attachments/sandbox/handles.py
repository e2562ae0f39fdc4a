"""The open files of a job, which are passed to the sandbox as descriptors and verified when read back."""

import os
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryFile
from typing import BinaryIO, Self

from messaging.attachments.sandbox.messages import Rendition
from messaging.attachments.sandbox.verification import MAX_BYTES, is_valid_rendition

# Quotas only count the original file. Without this limit, a PNG of 128 KB had a `display` rendition of 4.6 MB.
DISPLAY_FACTOR, DISPLAY_EXTRA = 4, 200_000


class JobFiles:
    """A file to read, and an unnamed temporary file for each rendition."""

    def __init__(self, folder: Path, file: BinaryIO, outputs: Mapping[Rendition, BinaryIO], opened: ExitStack) -> None:
        self._folder = folder
        self._file = file
        self._outputs = outputs
        self._opened = opened

    @classmethod
    def open(cls, path: Path, folder: Path, renditions: Iterable[Rendition]) -> Self:
        """Open the file at `path`, and temporary files in `folder`. Raises OSError."""
        folder.mkdir(parents=True, exist_ok=True)
        with ExitStack() as opened:
            file = opened.enter_context(path.open("rb"))
            outputs = {name: opened.enter_context(TemporaryFile(dir=folder)) for name in renditions}
            return cls(folder, file, outputs, opened.pop_all())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self._opened.close()

    @property
    def descriptors(self) -> list[int]:
        return [each.fileno() for each in (self._file, *self._outputs.values())]

    def copy_valid(self, names: Iterable[Rendition]) -> dict[str, Path]:
        """Copy valid renditions to the folder, because the sandbox can still write to its own files."""
        kept: dict[str, Path] = {}
        for name in self._outputs.keys() & set(names):
            self._outputs[name].seek(0)
            limit = self._max_bytes(name)
            content = self._outputs[name].read(limit + 1)
            if len(content) <= limit and is_valid_rendition(content, name):
                kept[name] = self._folder / name
                kept[name].write_bytes(content)
        return kept

    def _max_bytes(self, name: Rendition) -> int:
        if name != "display":
            return MAX_BYTES
        return min(MAX_BYTES, DISPLAY_FACTOR * os.fstat(self._file.fileno()).st_size + DISPLAY_EXTRA)
