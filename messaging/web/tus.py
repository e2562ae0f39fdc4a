"""The tus protocol for uploads (https://tus.io/protocols/resumable-upload, 1.0.0: core, creation, termination).

It runs on the event loop, so that no thread waits for a client. Bytes are written in chunks of 256 KB, and nothing more
is read from a client until the previous chunk is on disk.
"""

import asyncio
import base64
import binascii
import logging
import math
import re
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from functools import partial
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError, InterfaceError
from django.utils import translation
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.auth.credentials import Credential, credential_of, users_of
from accounts.http import parse_number
from accounts.models import Scope, User
from live.db_threads import in_thread, in_writing_thread
from live.envelope import encoded
from messaging.attachments import limits
from messaging.errors import Closing, DiskFull, RateLimited, Unavailable
from messaging.models import Attachment
from messaging.runtime.engine import get_engine
from messaging.uploads import actions, copies
from messaging.uploads.receiver import Disconnected
from rooms.errors import Invalid, NotFound, Refusal
from rooms.scopes import require_scope

logger = logging.getLogger(__name__)

VERSION = "1.0.0"
BYTES = "application/offset+octet-stream"
PATH = re.compile(r"/uploads/(?:([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/?)?")
MAX_SAFE_INTEGER = 2**53  # in JavaScript
READ_REFUSED_BYTES = 8_000_000  # of a refused body, because browsers cut off while sending never read the response

Headers = dict[str, str]
Receive = Callable[[], Awaitable[Mapping[str, Any]]]
STATUS = {
    "not_found": 404, "forbidden": 403, "archived": 409, "blocked": 403, "rate_limited": 429, "unavailable": 503,
    "closing": 503, "too_large": 413, "type_denied": 415, "disk_full": 507, "wrong_offset": 409, "locked": 423,
    "signed_out": 401, "version": 412, "method": 405, "content_type": 415, "silent": 408,
}  # fmt: skip


class SignedOut(Refusal):
    code = "signed_out"
    default_message = _("Log in first.")


class WrongVersion(Refusal):
    code = "version"
    default_message = _("This server speaks tus version 1.0.0.")


class WrongMethod(Refusal):
    code = "method"
    default_message = _("This method isn’t supported.")


class WrongContentType(Refusal):
    code = "content_type"
    default_message = _("The Content-Type must be application/offset+octet-stream.")


class TusResponse:
    """A response. `headers` are named with underscores instead of hyphens."""

    def __init__(self, status: int, body: bytes = b"", **headers: object) -> None:
        self.status = status
        self.body = body
        self.headers = {name.replace("_", "-"): str(value) for name, value in headers.items()}


class TusMiddleware:
    """ASGI middleware that serves /uploads/ and passes everything else on to `app`."""

    def __init__(self, app: Any) -> None:
        self._app = app

    async def __call__(self, scope: Any, receive: Receive, send: Any) -> None:
        match = PATH.fullmatch(scope["path"])
        if match is None:
            await self._app(scope, receive, send)
            return
        upload_id = UUID(match[1]) if match[1] else None
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        method = _method_of(scope, headers)
        try:
            response = await _dispatch(method, upload_id, headers, scope, receive)
        except Disconnected:
            return
        except Refusal as refusal:
            response = _refusal_response(refusal)
        except (DatabaseError, InterfaceError):
            logger.exception("%s of an upload failed", method)
            response = _refusal_response(await asyncio.to_thread(_database_refusal, upload_id))
        if response.status >= 400 and _declared_length(headers) > READ_REFUSED_BYTES:
            response.headers["connection"] = "close"  # instead of reading the rest of a refused body
        await _send(send, response, is_head=method == "HEAD")


def _method_of(scope: Any, headers: Headers) -> str:
    """Return the method. Clients that can only send POST requests name it in a header."""
    named = headers.get("x-http-method-override", "").upper()
    return named if scope["method"] == "POST" and named in ("PATCH", "DELETE") else scope["method"]


def _database_refusal(upload_id: UUID | None) -> Refusal:
    """Return a refusal for a database error. DiskFull ends an upload, so it is only used for new ones."""
    return DiskFull() if upload_id is None and limits.is_disk_full(0) else Unavailable(retry_after=2)


async def _dispatch(method: str, upload_id: UUID | None, headers: Headers, scope: Any, receive: Receive) -> TusResponse:
    if method == "OPTIONS":
        return TusResponse(
            204, tus_version=VERSION, tus_extension="creation,termination", tus_max_size=settings.CHAT_MAX_FILE
        )
    if headers.get("tus-resumable") != VERSION:
        # This also blocks other sites, whose pages cannot send this header without CORS.
        raise WrongVersion
    credential = credential_of(scope)
    user = await _authenticate(credential)
    if wait := get_engine().uploads.rates.take(user.pk):
        raise RateLimited(retry_after=wait)
    if upload_id is None:
        if method != "POST":
            raise WrongMethod
        return await _create(user, headers)
    upload = await in_thread(actions.find_upload, user, upload_id)
    match method:
        case "HEAD":
            return await _status(upload)
        case "PATCH":
            return await _append(upload, credential, headers, receive)
        case "DELETE":
            return await _cancel(upload)
    raise WrongMethod


async def _authenticate(credential: Credential) -> User:
    authenticated = (await in_thread(users_of, [credential]))[0] if any(credential) else None
    if authenticated is None:
        raise SignedOut
    translation.activate(authenticated.user.preferred_language)
    require_scope(authenticated.scopes, Scope.FILES)
    return authenticated.user


async def _create(user: User, headers: Headers) -> TusResponse:
    """Create an upload, or with `copy` in the metadata, a copy of another attachment, which is complete at once."""
    engine = get_engine()
    if engine.is_closing:
        raise Closing(retry_after=2)
    metadata = _parse_metadata(headers.get("upload-metadata", ""))
    room_id = parse_number(metadata.get("room", ""))
    if room_id is None:
        raise Invalid(_("Name the room in Upload-Metadata."), field="room")
    if "copy" in metadata:
        upload = await _copy(user, room_id, metadata["copy"])
        return TusResponse(201, location=f"/uploads/{upload.pk}/")
    upload = await in_writing_thread(
        actions.begin_upload,
        user=user,
        room_id=room_id,
        name=metadata.get("filename", ""),
        size=_parse_length(headers, "upload-length"),
        type=metadata.get("filetype", ""),
    )
    if not upload.size:
        await _finish(upload, engine.uploads.complete(upload))
    return TusResponse(201, location=f"/uploads/{upload.pk}/")


async def _copy(user: User, room_id: int, source: str) -> Attachment:
    try:
        source_id = UUID(source)
    except ValueError:
        raise Invalid(_("Give the id of a file."), field="copy") from None
    upload = await in_writing_thread(copies.begin_copy, user=user, room_id=room_id, source_id=source_id)
    await _finish(upload, get_engine().uploads.copy(upload, user, source_id))
    return upload


async def _finish(upload: Attachment, work: Awaitable[None]) -> None:
    """Finish an upload immediately. Delete it on failure, as the client never got its URL and starts over."""
    try:
        await work
    except Refusal:
        with suppress(NotFound):
            await get_engine().uploads.cancel(upload)
        raise


async def _status(upload: Attachment) -> TusResponse:
    """Respond to HEAD. The client has lost its earlier connection, so any that is still sending is ended."""
    receiver = get_engine().uploads
    offset = await receiver.offset(upload)
    if offset == upload.size and not upload.is_ready:
        await receiver.complete(upload)
    return TusResponse(200, upload_offset=offset, upload_length=upload.size)


async def _append(upload: Attachment, credential: Credential, headers: Headers, receive: Receive) -> TusResponse:
    if headers.get("content-type", "") != BYTES:
        raise WrongContentType
    engine = get_engine()
    if engine.is_closing:
        raise Closing(retry_after=2)
    offset = _parse_length(headers, "upload-offset")
    if offset <= upload.size < offset + _declared_length(headers) and "content-length" in headers:
        left = upload.size - offset
        message = ngettext("Only %(bytes)s byte is left to upload.", "Only %(bytes)s bytes are left to upload.", left)
        raise Invalid(message % {"bytes": left}, field="Content-Length")
    with engine.reconciler.sessions.watching(credential, partial(engine.uploads.refuse, upload.pk, SignedOut())):
        offset = await engine.uploads.append(upload, offset, receive)
    if offset == upload.size and not upload.is_ready:
        await engine.uploads.complete(upload)
    return TusResponse(204, upload_offset=offset)


async def _cancel(upload: Attachment) -> TusResponse:
    await get_engine().uploads.cancel(upload)
    return TusResponse(204)


def _declared_length(headers: Headers) -> int:
    """Return the declared length of the request body, or MAX_SAFE_INTEGER if it is unknown."""
    text = headers.get("content-length", "")
    if (length := parse_number(text)) is not None:
        return length
    return MAX_SAFE_INTEGER if text or "transfer-encoding" in headers else 0


def _parse_length(headers: Headers, name: str) -> int:
    """Parse a header that contains a number of bytes. Raises Invalid."""
    number = parse_number(headers.get(name, ""))
    if number is None or number > MAX_SAFE_INTEGER:
        raise Invalid(_("Give a number of bytes."), field=name.title())
    return number


def _parse_metadata(text: str) -> dict[str, str]:
    """Parse Upload-Metadata: comma-separated pairs of a key and a Base64 value. Raises Invalid."""
    metadata = {}
    for pair in filter(None, text.split(",")):
        key, _space, value = pair.strip().partition(" ")
        try:
            metadata[key] = base64.b64decode(value, validate=True).decode()
        except (binascii.Error, ValueError):
            raise Invalid(_("%(key)s is not UTF-8 in Base64.") % {"key": key[:40]}, field="Upload-Metadata") from None
    return metadata


def _refusal_response(refusal: Refusal) -> TusResponse:
    status, body = STATUS.get(refusal.code, 400), encoded(refusal.as_data()).encode()
    response = TusResponse(status, body, content_type="application/json")
    if refusal.retry_after is not None:
        response.headers["retry-after"] = str(math.ceil(refusal.retry_after))
    return response


async def _send(send: Any, response: TusResponse, *, is_head: bool) -> None:
    headers = {"tus-resumable": VERSION, "cache-control": "no-store", "content-length": len(response.body)}
    if response.status == 412:
        headers["tus-version"] = VERSION
    if response.status in (204, 304):
        del headers["content-length"]
    pairs = [(name.encode(), str(value).encode()) for name, value in (headers | response.headers).items()]
    await send({"type": "http.response.start", "status": response.status, "headers": pairs})
    await send({"type": "http.response.body", "body": b"" if is_head else response.body})
