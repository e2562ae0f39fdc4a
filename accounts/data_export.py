"""Exports a user's data as a ZIP file, streamed while it is generated. It contains nothing written by other users.

Each app registers an `@exporter`, a generator of files, each with a name and an iterable of bytes. Minutes may pass
before the next piece is requested, perhaps by another thread, so no query may stay open between pieces.
"""

import io
import zipfile
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.core.cache import cache
from django.core.serializers.json import DjangoJSONEncoder
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit
from accounts.audit import Kind
from accounts.models import APIToken, Invitation, User

ExportedFile = tuple[str, Iterable[bytes]]
Exporter = Callable[[User], Iterator[ExportedFile]]

CHUNK_BYTES = 64 * 1024

EXPORTS_PER_DAY = 5
LOCK_SECONDS = 600  # a crashed export blocks the next one for this long

_exporters: list[Exporter] = []
_encode = DjangoJSONEncoder(ensure_ascii=False, indent=1).encode


def exporter(generate: Exporter) -> Exporter:
    """Register a generator of an app's files about a user."""
    _exporters.append(generate)
    return generate


class ExportUnavailable(Exception):
    """No export is possible at the moment. The message is addressed to the user."""


def start(user: User) -> Iterator[bytes]:
    """Return the pieces of the ZIP file. Raises ExportUnavailable during another export and after five in a day."""
    if not cache.add(_lock(user), 1, LOCK_SECONDS):
        raise ExportUnavailable(_("A download is already in progress. Try again when it has finished."))
    today = f"downloads:{user.pk}:{timezone.now():%Y-%m-%d}"
    cache.add(today, 0, 24 * 3600)
    if cache.incr(today) > EXPORTS_PER_DAY:
        cache.delete(_lock(user))
        raise ExportUnavailable(_("You’ve reached today’s download limit. Try again tomorrow."))
    audit.record(Kind.EXPORTED, actor=user, target=user)
    return _unlocking(user)


def _unlocking(user: User) -> Iterator[bytes]:
    try:
        yield from archive(user)
    finally:
        cache.delete(_lock(user))


def _lock(user: User) -> str:
    return f"download:{user.pk}"


def archive(user: User) -> Iterator[bytes]:
    """Yield the pieces of the ZIP file, regardless of the limits."""
    pipe = _Pipe()
    with zipfile.ZipFile(pipe, "w") as archive:
        for generate in _exporters:
            for name, content in generate(user):
                with archive.open(_entry(name), "w", force_zip64=True) as file:
                    for piece in content:
                        file.write(piece)
                        if pipe.size > CHUNK_BYTES:
                            yield pipe.take()
    yield pipe.take()


def _entry(name: str) -> zipfile.ZipInfo:
    """Store files in folders uncompressed: they are uploads, nearly all of which are already compressed."""
    entry = zipfile.ZipInfo(name, timezone.localtime().timetuple()[:6])
    entry.compress_type = zipfile.ZIP_STORED if "/" in name else zipfile.ZIP_DEFLATED
    return entry


def json_document(value: Any) -> Iterator[bytes]:
    """Yield a JSON file that contains one value."""
    yield _encode(value).encode() + b"\n"


def json_array(rows: Iterable[Any]) -> Iterator[bytes]:
    """Yield a JSON file that contains an array of values. Only one value is in memory at a time."""
    before = b"[\n"
    for row in rows:
        yield before + _encode(row).encode()
        before = b",\n"
    yield b"\n]\n" if before == b",\n" else b"[]\n"


class _Pipe(io.RawIOBase):
    """An unseekable file for `zipfile`, whose content is read while it is being written."""

    def __init__(self) -> None:
        super().__init__()
        self._pieces: list[bytes] = []
        self.size = 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any, /) -> int:
        self._pieces.append(bytes(data))
        self.size += len(data)
        return len(data)

    def take(self) -> bytes:
        taken = b"".join(self._pieces)
        self._pieces.clear()
        self.size = 0
        return taken


@exporter
def _account(user: User) -> Iterator[ExportedFile]:
    yield "profile.json", json_document(_profile(user))
    yield "sessions.json", json_array(_sessions(user))
    yield "invitations.json", json_array(_invitations(user))
    yield "api_tokens.json", json_array(_tokens(user))
    yield "bots.json", json_array(_bots(user))
    if user.avatar:
        with user.avatar.open() as avatar:
            yield "avatar.webp", avatar.chunks()


def _profile(user: User) -> dict[str, Any]:
    addresses = EmailAddress.objects.filter(user=user).order_by("pk")
    return {
        "id": user.pk,
        "name": user.username,
        "display_name": user.display_name,
        "emails": list(addresses.values("email", "verified", "primary")),
        "theme": user.theme,
        "language": user.language,
        "time_zone": user.time_zone,
        "status": user.status,
        "status_text": user.status_text,
        "status_until": user.status_until,
        "hides_last_seen": user.hides_last_seen,
        "shows_room_events": user.shows_room_events,
        "allows_direct_messages": user.allows_direct_messages,
        "blocks": list(user.blocks.order_by("pk").values_list("blocked__username", flat=True)),
        "mutes": list(user.mutes.order_by("pk").values_list("muted__username", flat=True)),
        "groups": list(user.group_memberships.order_by("pk").values_list("group__name", flat=True)),
        "registered_at": user.date_joined,
        "last_login_at": user.last_login,
        "last_seen_at": user.last_seen_at,
        "is_admin": user.is_staff,
    }


def _sessions(user: User) -> Iterable[dict[str, Any]]:
    """Return the sessions without their keys, which would let anyone act as this user."""
    return UserSession.objects.filter(user=user).order_by("pk").values("created_at", "last_seen_at", "ip", "user_agent")


def _invitations(user: User) -> Iterable[dict[str, Any]]:
    fields = ("code", "created_at", "expires_at", "max_uses", "uses", "revoked_at", "room_id")
    return Invitation.objects.filter(created_by=user).order_by("pk").values(*fields)


def _tokens(user: User) -> Iterable[dict[str, Any]]:
    """Yield the tokens without the hashes of their secrets."""
    fields = ("name", "hint", "created_at", "expires_at", "last_used_at", "last_used_address", "revoked_at")
    for token in APIToken.objects.filter(user=user).order_by("pk"):
        yield {**{field: getattr(token, field) for field in fields}, "scopes": sorted(token.scopes)}


def _bots(user: User) -> Iterable[dict[str, Any]]:
    """Return the bots that belong to the user."""
    return map(dict, user.bots.order_by("pk").values("id", "username", "display_name", "date_joined", "is_active"))
