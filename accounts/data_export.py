"""A person's data as one ZIP file, streamed while it is made. It holds nothing that other people wrote.

Each app registers an `@exporter`: a generator of files, each a name and an iterable of bytes. Minutes may pass between
two pieces, and another thread may ask for the next, so no query may stay open in between.
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

from accounts import audit
from accounts.audit import Kind
from accounts.models import Invitation, User

ExportedFile = tuple[str, Iterable[bytes]]
Exporter = Callable[[User], Iterator[ExportedFile]]

CHUNK_BYTES = 64 * 1024

A_DAY = 5
LONGEST_SECONDS = 600  # for one that broke off without a word

_exporters: list[Exporter] = []
_encode = DjangoJSONEncoder(ensure_ascii=False, indent=1).encode


def exporter(generate: Exporter) -> Exporter:
    """Register a generator of an app's files about a person."""
    _exporters.append(generate)
    return generate


class ExportUnavailable(Exception):
    """Says, in a sentence for the person, why there is no download at the moment."""


def begin(user: User) -> Iterator[bytes]:
    """The ZIP, in pieces. Raises ExportUnavailable where one is being made already, or five were today."""
    if not cache.add(_being_made(user), 1, LONGEST_SECONDS):
        raise ExportUnavailable("A download is already in progress. Try again when it has finished.")
    today = f"downloads:{user.pk}:{timezone.now():%Y-%m-%d}"
    cache.add(today, 0, 24 * 3600)
    if cache.incr(today) > A_DAY:
        cache.delete(_being_made(user))
        raise ExportUnavailable("You’ve reached today’s download limit. Try again tomorrow.")
    audit.record(Kind.EXPORTED, actor=user, target=user)
    return _guarded(user)


def _guarded(user: User) -> Iterator[bytes]:
    try:
        yield from archive(user)
    finally:
        cache.delete(_being_made(user))


def _being_made(user: User) -> str:
    return f"download:{user.pk}"


def archive(user: User) -> Iterator[bytes]:
    """The ZIP, in pieces, for whoever asks."""
    pipe = _Pipe()
    with zipfile.ZipFile(pipe, "w") as packed:
        for generate in _exporters:
            for name, content in generate(user):
                with packed.open(_entry(name), "w", force_zip64=True) as file:
                    for piece in content:
                        file.write(piece)
                        if pipe.size > CHUNK_BYTES:
                            yield pipe.take()
    yield pipe.take()


def _entry(name: str) -> zipfile.ZipInfo:
    """What lies in a folder are files as people sent them, nearly all of them packed already."""
    entry = zipfile.ZipInfo(name, timezone.localtime().timetuple()[:6])
    entry.compress_type = zipfile.ZIP_STORED if "/" in name else zipfile.ZIP_DEFLATED
    return entry


def json_document(value: Any) -> Iterator[bytes]:
    """One thing as the content of a JSON file."""
    yield _encode(value).encode() + b"\n"


def json_array(rows: Iterable[Any]) -> Iterator[bytes]:
    """Many things as the content of one, of which only one at a time is held."""
    before = b"[\n"
    for row in rows:
        yield before + _encode(row).encode()
        before = b",\n"
    yield b"\n]\n" if before == b",\n" else b"[]\n"


class _Pipe(io.RawIOBase):
    """What `zipfile` takes for a file that cannot be gone back in."""

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
    if user.avatar:
        with user.avatar.open() as picture:
            yield "picture.webp", picture.chunks()


def _profile(user: User) -> dict[str, Any]:
    addresses = EmailAddress.objects.filter(user=user).order_by("pk")
    return {
        "id": user.pk,
        "name": user.username,
        "display_name": user.display_name,
        "emails": list(addresses.values("email", "verified", "primary")),
        "colours": user.theme,
        "status": user.status,
        "status_text": user.status_text,
        "status_until": user.status_until,
        "hides_last_seen": user.hides_last_seen,
        "allows_direct_messages": user.allows_direct_messages,
        "blocks": list(user.blocks.order_by("pk").values_list("blocked__username", flat=True)),
        "mutes": list(user.mutes.order_by("pk").values_list("muted__username", flat=True)),
        "registered_at": user.date_joined,
        "last_login_at": user.last_login,
        "last_seen_at": user.last_seen_at,
        "is_administrator": user.is_staff,
    }


def _sessions(user: User) -> Iterable[dict[str, Any]]:
    """Without their keys: whoever has one is that person."""
    return UserSession.objects.filter(user=user).order_by("pk").values("created_at", "last_seen_at", "ip", "user_agent")


def _invitations(user: User) -> Iterable[dict[str, Any]]:
    kept = ("code", "created_at", "expires_at", "max_uses", "uses", "revoked_at", "room_id")
    return Invitation.objects.filter(created_by=user).order_by("pk").values(*kept)
