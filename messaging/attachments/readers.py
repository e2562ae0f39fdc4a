"""Stored files, read a piece at a time from wherever they are: whoever reads slowly holds no line to a store."""

import os
from collections.abc import Iterator
from typing import Any, Protocol

from django.core.files.storage import storages

from messaging.attachments import storage

PIECE_BYTES = 64 * 1024  # two or three of them wait in memory for each slow reader; larger ones are no quicker
STORE_PIECE_BYTES = 256 * 1024  # each is a request of its own


class Source(Protocol):
    size: int
    piece_bytes: int  # how much is best read at once

    def read(self, start: int, length: int) -> bytes:
        """Fewer bytes only where the file ends. Raises OSError."""

    def read_now(self, start: int, length: int) -> bytes:
        """What can be had without waiting, if anything: no thread is needed for it."""

    def close(self) -> None: ...


def open_source(name: str) -> Source:
    """What is stored under this name. Raises FileNotFoundError, or OSError when it cannot be reached."""
    path = storage.path_of(name)
    return _OnDisk(str(path)) if path is not None else _InStore(name)


def pieces_of(source: Source) -> Iterator[bytes]:
    """All of it."""
    for start in range(0, source.size, source.piece_bytes):
        yield source.read(start, source.piece_bytes)


class _OnDisk:
    piece_bytes = PIECE_BYTES

    def __init__(self, path: str) -> None:
        self._file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        self.size = os.fstat(self._file).st_size

    def read(self, start: int, length: int) -> bytes:
        return os.pread(self._file, length, start)

    def read_now(self, start: int, length: int) -> bytes:
        """What the kernel has in memory: mostly all of a file that was just sent or fetched."""
        buffer = bytearray(length)
        try:
            count = os.preadv(self._file, [buffer], start, os.RWF_NOWAIT)
        except OSError:  # it would have to wait, or its file system does not know the question
            return b""
        return bytes(memoryview(buffer)[:count])

    def close(self) -> None:
        os.close(self._file)


class _InStore:
    piece_bytes = STORE_PIECE_BYTES

    def __init__(self, name: str) -> None:
        self._store: Any = storages["default"]
        self._name = name
        self.size = self._store.size(name)

    def read(self, start: int, length: int) -> bytes:
        return bytes(self._store.read(self._name, start, length))

    def read_now(self, start: int, length: int) -> bytes:
        return b""

    def close(self) -> None:
        """Nothing is open between two pieces."""
