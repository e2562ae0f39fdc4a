"""Turns uploaded photos into avatars. Avatars are re-encoded, so they keep nothing of the uploaded file but pixels."""

import re
from tempfile import TemporaryFile

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile, File
from django.urls import reverse
from django.utils.translation import gettext as _

from live.isolation.process import ConfinedProcess, ProcessFailed, TookTooLong

MAX_BYTES = 5_000_000
MAX_AVATAR_BYTES = 500_000  # noise with transparency takes 120,000
CPU_SECONDS, SECONDS = 2.0, 20.0  # the most demanding photo takes 0.5 s of CPU time

_BOT_PAGE = re.compile(r"/bots/\d+/")

process = ConfinedProcess("accounts.profile.avatar_process", cpu_seconds=CPU_SECONDS, seconds=SECONDS)


def renders_avatar(method: str, path: str) -> bool:
    """Return whether a request may render an avatar, which takes long and occupies its thread."""
    is_own_page = path in (reverse("accounts:profile"), reverse("accounts:site_settings"))
    return method == "POST" and (is_own_page or _BOT_PAGE.fullmatch(path) is not None)


class Square(ContentFile):
    """A photo that was rendered by `square`."""


def square(upload: File) -> Square:
    """Return the center of a photo as a WebP image of 256 × 256 pixels, rendered in a confined process.

    Drops metadata such as locations, the color profile, and all frames but the first. Raises ValidationError if the
    photo can't be read, or OSError if the disk is full.
    """
    if isinstance(upload, Square):
        return upload
    if (upload.size or 0) > MAX_BYTES:
        raise ValidationError(_("Photo can be up to %(size)d MB.") % {"size": MAX_BYTES // 1_000_000}, code="too_large")
    with TemporaryFile() as photo, TemporaryFile() as avatar:
        for chunk in upload.chunks():
            photo.write(chunk)
        photo.seek(0)
        error = _render(photo.fileno(), avatar.fileno())
        avatar.seek(0)
        content = avatar.read(MAX_AVATAR_BYTES + 1)
    if error == "too_large":
        raise ValidationError(_("This image is too large. Try a smaller one."), code="too_large")
    if error or not _is_valid(content):
        raise ValidationError(_("We couldn’t read that image. Use a PNG, JPEG, WebP or GIF file."), code="unreadable")
    return Square(content)


def _render(photo: int, avatar: int) -> str:
    try:
        return process.run(None, str, [photo, avatar])
    except TookTooLong:
        return "too_large"
    except ProcessFailed:
        return "unreadable"


def _is_valid(content: bytes) -> bool:
    """Verify the process's output, because a hostile photo may have taken it over."""
    return len(content) <= MAX_AVATAR_BYTES and content[:4] == b"RIFF" and content[8:12] == b"WEBP"
