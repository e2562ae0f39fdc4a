"""Reads stored files in chunks, so that a slow reader doesn't keep a connection to a store open."""

import os
from collections.abc import Iterator
from typing import Any, Protocol

from django.core.files.storage import storages

from messaging.attachments import storage

CHUNK_BYTES = 64 * 1024  # a slow reader keeps two or three chunks in memory, and larger ones aren't faster
STORE_CHUNK_BYTES = 256 * 1024  # each is a separate request


class Reader(Protocol):
    size: int
    chunk_bytes: int  # the preferred size of a read

    def read(self, start: int, length: int) -> bytes:
        """Return `length` bytes, or fewer at the end of the file. Raises OSError."""

    def read_cached(self, start: int, length: int) -> bytes:
        """Return the bytes that can be read without blocking, or b"". May be called on the event loop."""

    def close(self) -> None: ...


def open_reader(name: str) -> Reader:
    """Open a stored file. Raises FileNotFoundError, or another OSError if the storage can't be reached."""
    path = storage.local_path(name)
    if path is None:
        store: Any = storages["default"]
        return _StoreReader(store, name, store.size(name))
    file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    return _DiskReader(file, os.fstat(file).st_size)


def chunks_of(reader: Reader) -> Iterator[bytes]:
    """Yield the whole file in chunks."""
    for start in range(0, reader.size, reader.chunk_bytes):
        yield reader.read(start, reader.chunk_bytes)


class _DiskReader:
    chunk_bytes = CHUNK_BYTES

    def __init__(self, file: int, size: int) -> None:
        self._file = file
        self.size = size

    def read(self, start: int, length: int) -> bytes:
        return os.pread(self._file, length, start)

    def read_cached(self, start: int, length: int) -> bytes:
        """Read from the page cache, which usually contains recently uploaded or downloaded files."""
        buffer = bytearray(length)
        try:
            count = os.preadv(self._file, [buffer], start, os.RWF_NOWAIT)
        except OSError:  # the read would block, or the file system doesn't support RWF_NOWAIT
            return b""
        return bytes(memoryview(buffer)[:count])

    def close(self) -> None:
        os.close(self._file)


class _StoreReader:
    chunk_bytes = STORE_CHUNK_BYTES

    def __init__(self, store: Any, name: str, size: int) -> None:
        self._store = store
        self._name = name
        self.size = size

    def read(self, start: int, length: int) -> bytes:
        return bytes(self._store.read(self._name, start, length))

    def read_cached(self, start: int, length: int) -> bytes:
        return b""

    def close(self) -> None:
        """Do nothing, because every read is a separate request."""
