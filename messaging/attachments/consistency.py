"""Compares the database with the storage to find missing files and files without a row."""

import time
from collections.abc import Iterator
from dataclasses import dataclass

from django.core.files.storage import default_storage

from accounts.models import User
from messaging.attachments import storage
from messaging.models import Attachment, DiscardedFile, LinkPreview

FRESH_SECONDS = 3600  # a recently stored file may not have its row yet


@dataclass(frozen=True, slots=True)
class MissingFile:
    """A missing file that a row refers to. `owner` describes the row."""

    name: str
    owner: str


@dataclass(frozen=True, slots=True)
class UnknownFile:
    """A stored file that no row refers to. `size` is in bytes."""

    name: str
    size: int


def compare() -> tuple[list[MissingFile], list[UnknownFile]]:
    """Return missing and unknown files. Differences are checked twice, as the server may be running. Raises OSError."""
    stored = {each.name: each for each in storage.list_stored()}
    transient = _transient()  # read first, so that a file that becomes ready meanwhile is in at least one of the two
    expected = dict(_expected())
    missing = [MissingFile(name, owner) for name, owner in expected.items() if name not in stored]
    known = expected.keys() | transient
    since = time.time() - FRESH_SECONDS
    old = [each for each in stored.values() if each.modified_at < since]
    unknown = [UnknownFile(each.name, each.size) for each in old if each.name not in known]
    still = dict(_expected()) if missing or unknown else {}
    return (
        [each for each in missing if each.name in still and not default_storage.exists(each.name)],
        [each for each in unknown if each.name not in still and default_storage.exists(each.name)],
    )


def _expected() -> Iterator[tuple[str, str]]:
    """Yield the names of files that must exist, and their owners."""
    for attachment in Attachment.objects.ready().only_stored_names().iterator():
        for name in storage.stored_names(attachment):
            yield name, f"attachment {attachment.pk}"
    for pk, name in User.objects.exclude(avatar="").values_list("pk", "avatar").iterator():
        yield name, f"the avatar of user {pk}"
    for pk, name in LinkPreview.objects.exclude(image="").values_list("pk", "image").iterator():
        yield name, f"link preview {pk}"


def _transient() -> set[str]:
    """Return the names of files that may exist: unfinished uploads and discarded files."""
    unfinished = Attachment.objects.unfinished().filter(is_placed=True).only_stored_names()
    names = {name for attachment in unfinished.iterator() for name in storage.stored_names(attachment)}
    return names | set(DiscardedFile.objects.values_list("name", flat=True).iterator())
