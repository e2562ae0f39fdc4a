"""Limits on uploads: size, storage, types and free disk space."""

import errno
import shutil
from collections.abc import Iterable

from django.conf import settings
from django.db import connection
from django.db.models import Sum
from django.utils.translation import gettext as _

from accounts.models import User
from messaging.attachments.sizes import format_size
from messaging.errors import TooLarge, TypeDenied
from messaging.models import Attachment, StorageChange

MAX_UNPOSTED = 100  # per user
MAX_PER_MESSAGE = 10
DISK_FULL_ERRORS = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}

_ADVISORY_LOCK = 0x63686174  # for PostgreSQL: concurrent uploads must not both use the last bytes of a quota


def check_size(size: int) -> None:
    if size > settings.CHAT_MAX_FILE:
        sizes = {"limit": format_size(settings.CHAT_MAX_FILE), "size": format_size(size)}
        raise TooLarge(_("This file is %(size)s. The limit is %(limit)s.") % sizes, field="file")


def check_types(name: str, *types: str) -> None:
    """Check the extension, and the media types declared by the sender or detected by inspection. Raises TypeDenied."""
    extension = f".{name.rpartition('.')[2].lower()}" if "." in name else ""
    candidates = [each for each in (extension, *types) if each]
    candidates += [f"{each.partition('/')[0]}/*" for each in types if each]
    allowed, denied = settings.CHAT_FILE_TYPES, settings.CHAT_FILE_TYPES_DENIED
    if any(each in denied for each in candidates):
        raise TypeDenied(_("This file type isn’t allowed: %(types)s.") % {"types": ", ".join(denied)}, field="file")
    is_known = any(types) or not any("/" in each for each in allowed)  # otherwise inspection decides
    if allowed and is_known and not any(each in allowed for each in candidates):
        message = _("Only these file types are allowed: %(types)s.") % {"types": ", ".join(allowed)}
        raise TypeDenied(message, field="file")


def check_quota(user: User, size: int) -> None:
    """Raise TooLarge if `size` more bytes exceed a quota. Needs a transaction, which then blocks other uploads."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_ADVISORY_LOCK])
    quota, everything = settings.CHAT_QUOTA, settings.CHAT_ALL_FILES
    if quota and size > (left := max(0, quota - storage_used(user))):
        raise TooLarge(
            _(
                "You have %(left)s of %(quota)s left, including uploads in progress. This file is %(size)s. "
                "Delete old messages with files to free up space."
            )
            % {"left": format_size(left), "quota": format_size(quota), "size": format_size(size)},
            field="file",
        )
    if everything and StorageChange.objects.total() + size > everything:
        raise TooLarge(_("This site has run out of file storage. Contact an admin."), field="file")
    if Attachment.objects.unposted().filter(uploader=user).count() >= MAX_UNPOSTED:
        raise TooLarge(_("You have too many unsent files. Send or remove some first."), field="file")


def is_disk_full(size: int) -> bool:
    """Return whether `size` more bytes would leave too little disk space for the database."""
    settings.UPLOAD_ROOT.mkdir(parents=True, exist_ok=True)
    return shutil.disk_usage(settings.UPLOAD_ROOT).free < size + settings.CHAT_FREE


def storage_used(user: User) -> int:
    """Return the number of bytes used by this user's files, including uploads in progress."""
    return Attachment.objects.filter(uploader=user).aggregate(total=Sum("size"))["total"] or 0


def upload_limits() -> dict[str, object]:
    """Return the limits that the page checks before an upload."""
    types: dict[str, Iterable[str]] = {"allowed": settings.CHAT_FILE_TYPES, "denied": settings.CHAT_FILE_TYPES_DENIED}
    return {"file": settings.CHAT_MAX_FILE, "files": MAX_PER_MESSAGE, "file_types": types}
