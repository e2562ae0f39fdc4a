"""Access to Django's default storage, a folder or an S3-compatible store, and the names of files in it.

No other module accesses the storage.
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
PREVIEW_FOLDER = "link-previews"  # their images
FOLDERS = (FOLDER, "avatars", PREVIEW_FOLDER)
NO_LINKS = {errno.EXDEV, errno.EPERM, errno.EOPNOTSUPP, errno.EMLINK}
RENDITIONS = ("thumbnail", "display", "text")


class StoredFile(NamedTuple):
    """A stored file. `size` is in bytes, and `modified_at` in seconds since 1970."""

    name: str
    size: int
    modified_at: float


def new_key() -> str:
    """Return a random name that cannot be guessed."""
    name = secrets.token_hex(20)
    return f"{FOLDER}/{name[:2]}/{name}"


def rendition_key(key: str, rendition: str) -> str:
    return f"{key}.{rendition}"


def stored_names(attachment: Attachment) -> list[str]:
    """Return the names of all files that may be stored for an attachment, whether or not it is finished."""
    if not (attachment.is_ready or attachment.is_placed):
        return []
    renditions = attachment.renditions.split() if attachment.is_ready else RENDITIONS
    return [attachment.key, *(rendition_key(attachment.key, rendition) for rendition in renditions)]


def save_file(name: str, path: Path) -> None:
    """Store a copy under exactly this name, replacing any existing file. Raises OSError."""
    default_storage.delete(name)  # a killed process may have left a file
    if (target := local_path(name)) is not None:
        _link(path, target)
        return
    with path.open("rb") as file:
        stored = default_storage.save(name, File(file))
    if stored != name:
        default_storage.delete(stored)
        raise FileExistsError(name)


def copy_file(source: str, name: str) -> None:
    """Store a file also under exactly this name, without reading it: as a hard link, or copied by the remote store.

    Raises OSError.
    """
    storage: Any = storages["default"]
    storage.delete(name)  # a killed process may have left a file
    if (target := local_path(name)) is not None:
        _link(Path(storage.path(source)), target)
    else:
        storage.copy(source, name)


def delete_files(names: Iterable[str]) -> None:
    """Delete stored files. Missing files are ignored. Raises OSError."""
    for name in names:
        default_storage.delete(name)


def list_stored() -> Iterator[StoredFile]:
    """Yield all files in FOLDERS. Raises OSError."""
    for folder in FOLDERS:
        top = local_path(folder)
        if top is None:
            storage: Any = storages["default"]
            yield from starmap(StoredFile, storage.walk(folder))
        else:
            yield from _walk(top)


def is_local() -> bool:
    """Return whether the storage is a local folder."""
    return isinstance(storages["default"], FileSystemStorage)


def local_path(name: str) -> Path | None:
    """Return the path in a local folder, or None for a remote store."""
    return Path(storages["default"].path(name)) if is_local() else None


def signed_url(name: str, seconds: int, headers: Mapping[str, str]) -> str:
    """Return a URL of a remote store that is valid for `seconds`. `headers`: response headers, by S3's names."""
    storage: Any = storages["default"]
    return str(storage.url(name, parameters=headers, expire=seconds))


def _walk(top: Path) -> Iterator[StoredFile]:
    for folder, _, names in os.walk(top):
        for name in names:
            path = Path(folder, name)
            with suppress(FileNotFoundError):  # just deleted
                found = path.stat()
                yield StoredFile(str(path.relative_to(top.parent)), found.st_size, found.st_mtime)


def _link(path: Path, target: Path) -> None:
    """Hard-link the file, or copy it if the file system doesn't support links, and sync it to disk."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        target.hardlink_to(path)
    except OSError as error:
        if error.errno not in NO_LINKS:
            raise
        shutil.copyfile(path, target)
    target.chmod(settings.FILE_UPLOAD_PERMISSIONS)
    for written in (target, target.parent):
        with _opened(written) as descriptor:
            os.fsync(descriptor)


@contextmanager
def _opened(path: Path) -> Iterator[int]:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
