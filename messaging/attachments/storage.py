"""Where stored files lie: the one place that knows the storage, and how what belongs to an attachment is called there.

The storage is Django's default one: a folder, or a store that speaks S3.
"""

import errno
import os
import secrets
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from itertools import starmap
from pathlib import Path
from typing import Any, NamedTuple

from django.conf import settings
from django.core.files import File
from django.core.files.storage import FileSystemStorage, default_storage, storages

from messaging.models import Attachment

FOLDER = "attachments"
FOLDERS = (FOLDER, "avatars")
NO_LINKS = {errno.EXDEV, errno.EPERM, errno.EOPNOTSUPP, errno.EMLINK}
RENDITIONS = ("thumbnail", "display", "text")


class Stored(NamedTuple):
    """`size` in bytes; `at`: when it was stored, in seconds since 1970."""

    name: str
    size: int
    at: float


def new_key() -> str:
    """A name that tells nothing and cannot be guessed."""
    name = secrets.token_hex(20)
    return f"{FOLDER}/{name[:2]}/{name}"


def rendition_key(key: str, rendition: str) -> str:
    return f"{key}.{rendition}"


def names_of(attachment: Attachment) -> list[str]:
    """All that may be stored of it. What is not ready may have been cut off anywhere."""
    if not (attachment.ready_at or attachment.is_placed):
        return []
    made = attachment.renditions.split() if attachment.ready_at else RENDITIONS
    return [attachment.key, *(rendition_key(attachment.key, rendition) for rendition in made)]


def put(name: str, path: Path) -> None:
    """Store the file under this very name, also a second time; it stays where it was too. Raises OSError."""
    default_storage.delete(name)  # what a process that died half-way left of it
    if (place := path_of(name)) is not None:
        _link(path, place)
        return
    with path.open("rb") as file:
        stored = default_storage.save(name, File(file))
    if stored != name:
        default_storage.delete(stored)
        raise FileExistsError(name)


def take_away(names: Iterable[str]) -> None:
    """Delete what is stored under these names; one that is not there is no error. Raises what the storage does."""
    for name in names:
        default_storage.delete(name)


def stored() -> Iterator[Stored]:
    """All that lies in our folders, however deep; others' are not looked at. Raises OSError."""
    for folder in FOLDERS:
        top = path_of(folder)
        if top is None:
            storage: Any = storages["default"]
            yield from starmap(Stored, storage.walk(folder))
        else:
            yield from _on_disk(top)


def is_near() -> bool:
    """Whether it is a folder of this machine."""
    return isinstance(storages["default"], FileSystemStorage)


def path_of(name: str) -> Path | None:
    """Where it is in a folder of this machine; None where it is in a store elsewhere."""
    return Path(storages["default"].path(name)) if is_near() else None


def signed_address(name: str, seconds: int, said: Mapping[str, str]) -> str:
    """Where a store elsewhere gives it to whoever has this address; `said`: its headers, as S3 names them."""
    storage: Any = storages["default"]
    return str(storage.url(name, parameters=said, expire=seconds))


def _on_disk(top: Path) -> Iterator[Stored]:
    for folder, _, names in os.walk(top):
        for name in names:
            path = Path(folder, name)
            with suppress(FileNotFoundError):  # deleted meanwhile
                found = path.stat()
                yield Stored(str(path.relative_to(top.parent)), found.st_size, found.st_mtime)


def _link(path: Path, place: Path) -> None:
    """The same bytes under a second name, on the disk when this returns; a copy where the disk knows no links."""
    place.parent.mkdir(parents=True, exist_ok=True)
    try:
        place.hardlink_to(path)
    except OSError as error:
        if error.errno not in NO_LINKS:
            raise
        shutil.copyfile(path, place)
    place.chmod(settings.FILE_UPLOAD_PERMISSIONS)
    for written in (place, place.parent):
        with _opened(written) as number:
            os.fsync(number)


@contextmanager
def _opened(path: Path) -> Iterator[int]:
    number = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        yield number
    finally:
        os.close(number)
