"""The outbox on disk: messages that the server hasn't confirmed yet.

Each process has a file of its own and holds a lock on it, so no other process sends the same messages. The files of
processes that have ended are taken over: their messages are sent first, with the same `client_id`.

A file has a line of JSON for each message, and one with `done` for each message that was sent. It is emptied when all
were sent. The last line may be incomplete after a crash; its message was never confirmed to the person.
"""

import fcntl
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from io import FileIO
from pathlib import Path

import msgspec
from msgspec import Struct, field

SUFFIX = ".outbox"


class Post(Struct, kw_only=True, omit_defaults=True):
    """A message to be sent."""

    room: int
    body: str = ""
    client_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    reply_to: int | None = None
    attachments: list[str] = field(default_factory=list)


class _Line(Struct, omit_defaults=True):
    post: Post | None = None
    done: str | None = None


_decode = msgspec.json.Decoder(_Line).decode


class Outbox:
    """The messages that wait, oldest first. Without a `folder`, they are only kept in memory."""

    def __init__(self, folder: Path | None) -> None:
        self._posts: dict[str, Post] = {}
        self._folder = folder
        self._path = folder / f"{uuid.uuid4()}{SUFFIX}" if folder is not None else None
        self._file = _create_file(self._path) if self._path is not None else None

    def __iter__(self) -> Iterator[Post]:
        return iter(list(self._posts.values()))

    def __len__(self) -> int:
        return len(self._posts)

    def __contains__(self, client_id: str) -> bool:
        return client_id in self._posts

    def add(self, post: Post) -> None:
        """Store a message. It is on disk when this returns."""
        self._posts[post.client_id] = post
        self._write(_Line(post=post))
        if self._file is not None:
            os.fsync(self._file.fileno())

    def remove(self, client_id: str) -> None:
        """Forget a message that was sent or refused. If a crash undoes this, the server recognizes the message."""
        self._posts.pop(client_id, None)
        if self._posts:
            self._write(_Line(done=client_id))
        elif self._file is not None:
            self._file.truncate(0)

    def adopt(self) -> list[Post]:
        """Take over the messages of processes that have ended, and return them."""
        if self._folder is None:
            return []
        with _locked(self._folder):
            paths = [path for path in self._folder.glob(f"*{SUFFIX}") if path != self._path]
            paths.sort(key=lambda path: path.stat().st_mtime)
            return [post for path in paths for post in self._adopt_file(path)]

    def close(self) -> None:
        """Release the file. If messages are left in it, the next process takes them over."""
        if self._file is None or self._path is None:
            return
        if not self._posts:
            self._path.unlink(missing_ok=True)
        self._file.close()
        self._file = None

    def _adopt_file(self, path: Path) -> list[Post]:
        with open(path, "rb") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return []
            posts = _read(file.read())
            for post in posts:
                self.add(post)
            path.unlink()
        return posts

    def _write(self, line: _Line) -> None:
        if self._file is not None:
            self._file.write(msgspec.json.encode(line) + b"\n")


def _create_file(path: Path) -> FileIO:
    """Create a file and lock it until it is closed."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with _locked(path.parent) as folder:
        file = FileIO(path, "xb", opener=lambda name, flags: os.open(name, flags | os.O_APPEND, 0o600))
        fcntl.flock(file, fcntl.LOCK_EX)
        os.fsync(folder)  # so that the file itself survives a power failure
    return file


@contextmanager
def _locked(folder: Path) -> Iterator[int]:
    """Hold the lock under which files are created and taken over."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield descriptor
    finally:
        os.close(descriptor)


def _read(content: bytes) -> list[Post]:
    posts: dict[str, Post] = {}
    for text in content.splitlines():
        try:
            line = _decode(text)
        except msgspec.DecodeError:
            continue
        if line.post is not None:
            posts[line.post.client_id] = line.post
        if line.done is not None:
            posts.pop(line.done, None)
    return list(posts.values())
