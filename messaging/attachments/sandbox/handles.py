"""The files of a job: handed to the workshop open, so that it need not open any, and taken back with care."""

import os
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryFile
from typing import BinaryIO, Self

from messaging.attachments.sandbox.messages import Rendition
from messaging.attachments.sandbox.verification import LARGEST, is_sound

# A sender's quota counts the file alone: without these a PNG of 128 KB was shown by a `display` of 4.6 MB.
DISPLAY_TIMES, DISPLAY_BYTES = 4, 200_000


class Handed:
    """A file to read, and one without a name to write each rendition into."""

    def __init__(self, path: Path, folder: Path, renditions: Iterable[Rendition]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._made: dict[Rendition, BinaryIO] = {}
        with ExitStack() as opened:
            self._file = opened.enter_context(path.open("rb"))
            for name in renditions:
                self._made[name] = opened.enter_context(TemporaryFile(dir=folder))
            self._opened = opened.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self._opened.close()

    @property
    def numbers(self) -> list[int]:
        return [each.fileno() for each in (self._file, *self._made.values())]

    def keep(self, names: Iterable[Rendition]) -> dict[str, Path]:
        """Those that are sound, and not too large, copied under their names: the workshop can write on into its own."""
        kept: dict[str, Path] = {}
        for name in self._made.keys() & set(names):
            self._made[name].seek(0)
            most = self._most(name)
            made = self._made[name].read(most + 1)
            if len(made) <= most and is_sound(made, name):
                kept[name] = self._folder / name
                kept[name].write_bytes(made)
        return kept

    def _most(self, name: Rendition) -> int:
        if name != "display":
            return LARGEST
        return min(LARGEST, DISPLAY_TIMES * os.fstat(self._file.fileno()).st_size + DISPLAY_BYTES)
