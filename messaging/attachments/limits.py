"""What may be sent: how large, how much in all, of which types, while how much of the disk is free."""

import errno
import shutil
from collections.abc import Iterable

from django.conf import settings
from django.db import connection
from django.db.models import QuerySet, Sum

from accounts.models import User
from messaging.errors import TooLarge, TypeDenied
from messaging.models import Attachment

MAX_UNPOSTED = 100  # files of one person that no message has yet
AT_ONCE = 10  # in one message
FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}  # what a disk says that takes no more

_ADVISORY_LOCK = 0x63686174  # of PostgreSQL: two uploads at once must not both be the last that fits


def check_size(size: int) -> None:
    if size > settings.CHAT_MAX_FILE:
        raise TooLarge(f"At most {megabytes(settings.CHAT_MAX_FILE)}; this has {megabytes(size)}.", field="file")


def check_types(name: str, *types: str) -> None:
    """By the extension, and by what the file is said, or found, to be."""
    extension = f".{name.rpartition('.')[2].lower()}" if "." in name else ""
    mine = [each for each in (extension, *types) if each]
    mine += [f"{each.partition('/')[0]}/*" for each in types if each]
    allowed, denied = settings.CHAT_FILE_TYPES, settings.CHAT_FILE_TYPES_DENIED
    if any(each in denied for each in mine):
        raise TypeDenied(f"This file type isn’t allowed: {', '.join(denied)}.", field="file")
    is_known = any(types) or not any("/" in each for each in allowed)  # else the content tells when it is there
    if allowed and is_known and not any(each in allowed for each in mine):
        raise TypeDenied(f"Only these file types are allowed: {', '.join(allowed)}.", field="file")


def check_room_for(user: User, size: int) -> None:
    """Raise what stands against `size` bytes more. Within a transaction, which then holds all other uploads off."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_ADVISORY_LOCK])
    quota, everything = settings.CHAT_QUOTA, settings.CHAT_ALL_FILES
    if quota and size > (left := max(0, quota - used_by(user))):
        raise TooLarge(
            f"You have {megabytes(left)} of {megabytes(quota)} left, including uploads in progress. "
            f"This file is {megabytes(size)}. Delete old messages with files to free up space.",
            field="file",
        )
    if everything and _total(Attachment.objects.all()) + size > everything:
        raise TooLarge("This site has run out of file storage. Contact an admin.", field="file")
    if user.attachments.filter(message__isnull=True).count() >= MAX_UNPOSTED:
        raise TooLarge("You have too many unsent files. Send or remove some first.", field="file")


def is_disk_full(size: int) -> bool:
    """Whether `size` bytes more would leave less than the database needs."""
    settings.UPLOAD_ROOT.mkdir(parents=True, exist_ok=True)
    return shutil.disk_usage(settings.UPLOAD_ROOT).free < size + settings.CHAT_FREE


def used_by(user: User) -> int:
    """How many bytes this person's files take, those on their way included."""
    return _total(Attachment.objects.filter(uploader=user))


def megabytes(size: int) -> str:
    """As people say it: 3.4 MB, 100 MB, 12 KB."""
    if size < 1_000_000:
        return f"{max(1, -(-size // 1000))} KB" if size else "0 bytes"
    if size < 10_000_000:
        return f"{size / 1_000_000:.1f} MB"
    return f"{size // 1_000_000:,} MB"


def shown_limits() -> dict[str, object]:
    """What the page checks before it sends a byte."""
    types: dict[str, Iterable[str]] = {"allowed": settings.CHAT_FILE_TYPES, "denied": settings.CHAT_FILE_TYPES_DENIED}
    return {"file": settings.CHAT_MAX_FILE, "files": AT_ONCE, "file_types": types}


def _total(attachments: QuerySet[Attachment]) -> int:
    return attachments.aggregate(total=Sum("size"))["total"] or 0
