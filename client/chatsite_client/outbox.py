"""The outbox on disk: messages that the server hasn't confirmed yet.

Each process has a file of its own and holds a lock on it, so no other process sends the same messages. The files of
processes that have ended are taken over: their messages are sent first, with the same `client_id`.

A file has a line of JSON for each message, and one with `done` for each message that was sent. It is created for the
first message, and emptied when all were sent. The last line may be incomplete after a crash; its message was never
confirmed to the person.
"""

import fcntl
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import FileIO
from pathlib import Path

import msgspec
from msgspec import Struct, field

from chatsite_client.errors import NotStored
from chatsite_client.i18n import gettext as _

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
        self._file: FileIO | None = None

    def __iter__(self) -> Iterator[Post]:
        return iter(list(self._posts.values()))

    def __len__(self) -> int:
        return len(self._posts)

    def __contains__(self, client_id: str) -> bool:
        return client_id in self._posts

    def add(self, post: Post) -> None:
        """Store a message. It is on disk when this returns. Raises NotStored, and then it isn't in the outbox."""
        try:
            self._append(_Line(post=post), is_durable=True)
        except OSError as error:
            text = _("The message can’t be kept in {folder}: {reason}.")
            raise NotStored(text.format(folder=self._folder, reason=error.strerror)) from None
        self._posts[post.client_id] = post

    def remove(self, client_id: str) -> None:
        """Forget a message that was sent or refused. If a crash undoes this, the server recognizes it."""
        self._posts.pop(client_id, None)
        with suppress(OSError):
            if self._posts:
                self._append(_Line(done=client_id), is_durable=False)
            elif self._file is not None:
                self._file.truncate(0)

    def adopt(self) -> list[Post]:
        """Take over the messages of processes that have ended, and return them.

        What can't be read or stored stays where it is, for the next time.
        """
        if self._folder is None:
            return []
        try:
            if not self._other_files():
                return []
            self._open()  # before the lock, which it takes itself
            with _locked(self._folder):
                paths = sorted(self._other_files(), key=lambda path: path.stat().st_mtime)
                return [post for path in paths for post in self._adopt_file(path)]
        except OSError:
            return []

    def close(self) -> None:
        """Release the file. If messages are left in it, the next process takes them over."""
        if self._file is None or self._path is None:
            return
        with suppress(OSError), _locked(self._path.parent):
            if not self._posts:
                self._path.unlink(missing_ok=True)
        self._file.close()
        self._file = None

    def _other_files(self) -> list[Path]:
        return [path for path in self._folder.glob(f"*{SUFFIX}") if path != self._path] if self._folder else []

    def _adopt_file(self, path: Path) -> list[Post]:
        """Take over a file, unless its process is still running. Its messages are stored before it is deleted."""
        with open(path, "rb") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return []
            posts = _read(file.read())
            self._append(*(_Line(post=post) for post in posts), is_durable=True)
            self._posts |= {post.client_id: post for post in posts}
            path.unlink()
        return posts

    def _append(self, *lines: _Line, is_durable: bool) -> None:
        """Write all lines, or none if that fails. `is_durable`: they survive a power failure."""
        file = self._open()
        if file is None:
            return
        end = os.fstat(file.fileno()).st_size
        try:
            _write(file, b"".join(msgspec.json.encode(line) + b"\n" for line in lines))
            if is_durable:
                os.fsync(file.fileno())
        except OSError:
            with suppress(OSError):
                file.truncate(end)
            raise

    def _open(self) -> FileIO | None:
        if self._file is None and self._path is not None:
            self._file = _create_file(self._path)
        return self._file


def _write(file: FileIO, content: bytes) -> None:
    """Write everything. A disk that is almost full takes only a part at first."""
    rest = memoryview(content)
    while rest:
        rest = rest[file.write(rest) :]


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
