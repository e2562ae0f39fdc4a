"""Whether the database and what is stored agree: files that are missing, and files that nobody knows."""

import time
from collections.abc import Iterator
from dataclasses import dataclass

from django.core.files.storage import default_storage

from accounts.models import User
from messaging.attachments import storage
from messaging.models import Attachment, DiscardedFile

FRESH_SECONDS = 3600  # what was stored a moment ago may not have its row yet


@dataclass(frozen=True, slots=True)
class Missing:
    """What a row names and nobody has. `owner` says which row."""

    name: str
    owner: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """What is stored and no row names; `size` in bytes."""

    name: str
    size: int


def compare() -> tuple[list[Missing], list[Unknown]]:
    """The two lists. The server may run meanwhile: what seems wrong is looked at once more. Raises OSError."""
    stored = {each.name: each for each in storage.stored()}
    coming_or_going = _coming_or_going()  # first: what becomes ready meanwhile is in one of the two
    expected = dict(_expected())
    missing = [Missing(name, owner) for name, owner in expected.items() if name not in stored]
    known = expected.keys() | coming_or_going
    since = time.time() - FRESH_SECONDS
    unknown = [Unknown(each.name, each.size) for each in stored.values() if each.name not in known and each.at < since]
    still = dict(_expected()) if missing or unknown else {}
    return (
        [each for each in missing if each.name in still and not default_storage.exists(each.name)],
        [each for each in unknown if each.name not in still and default_storage.exists(each.name)],
    )


def _expected() -> Iterator[tuple[str, str]]:
    """Names that must be there, and whose they are."""
    for attachment in (
        Attachment.objects.filter(ready_at__isnull=False).only("key", "renditions", "is_placed", "ready_at").iterator()
    ):
        for name in storage.names_of(attachment):
            yield name, f"attachment {attachment.pk}"
    for pk, name in User.objects.exclude(avatar="").values_list("pk", "avatar").iterator():
        yield name, f"the picture of user {pk}"


def _coming_or_going() -> set[str]:
    """Names that may be there: of files that are on their way, and of those that are to be deleted."""
    coming = Attachment.objects.filter(is_placed=True, ready_at__isnull=True).only(
        "key", "renditions", "is_placed", "ready_at"
    )
    names = {name for attachment in coming.iterator() for name in storage.names_of(attachment)}
    return names | set(DiscardedFile.objects.values_list("name", flat=True).iterator())
