"""Files come by the tus protocol (https://tus.io/protocols/resumable-upload, 1.0.0: core, creation, termination).

On the event loop, so that no thread waits for a sender; bytes go to the disk in pieces of a quarter of a megabyte,
and the server takes no more from a sender until the last piece is written.
"""

import asyncio
import base64
import binascii
import logging
import math
import re
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError, InterfaceError
from django.utils.translation import gettext_lazy as _

from accounts.auth.session_lookup import users_of_sessions
from accounts.models import User
from live.db_threads import in_thread, in_writing_thread
from live.envelope import encoded
from messaging.attachments import limits
from messaging.errors import Closing, DiskFull, RateLimited, Unavailable
from messaging.models import Attachment
from messaging.runtime.engine import get_engine
from messaging.uploads import actions
from messaging.uploads.receiver import Incomplete
from rooms.errors import Invalid, NotFound, Refusal

logger = logging.getLogger(__name__)

VERSION = "1.0.0"
BYTES = "application/offset+octet-stream"
ADDRESS = re.compile(r"/uploads/(?:([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/?)?")
MOST = 2**53  # what a script can count
WORTH_READING = 8_000_000  # of a refused body: a browser that is cut off while it sends reads no answer

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
    default_message = _("There is no such method here.")


class WrongContentType(Refusal):
    code = "content_type"
    default_message = _("Content-Type: bytes of a file come as application/offset+octet-stream.")


class Answer:
    def __init__(self, status: int, body: bytes = b"", **headers: object) -> None:
        self.status = status
        self.body = body
        self.headers = {name.replace("_", "-"): str(value) for name, value in headers.items()}


class Uploads:
    """An ASGI application for /uploads/; everything else is for the `other` one."""

    def __init__(self, other: Any) -> None:
        self._other = other

    async def __call__(self, scope: Any, receive: Receive, send: Any) -> None:
        address = ADDRESS.fullmatch(scope["path"])
        if address is None:
            await self._other(scope, receive, send)
            return
        upload_id = UUID(address[1]) if address[1] else None
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        method = headers.get("x-http-method-override", scope["method"]).upper()
        try:
            answer = await _answered(method, upload_id, headers, scope, receive)
        except Incomplete:
            return  # nobody is there to be answered
        except Refusal as refusal:
            answer = _refused(refusal)
        except (DatabaseError, InterfaceError):
            logger.exception("%s of an upload could not be carried out", method)
            answer = _refused(await asyncio.to_thread(_trouble, upload_id))
        if answer.status >= 400 and _announced(headers) > WORTH_READING:
            answer.headers["connection"] = "close"  # rather than take in the rest of what is not wanted
        await _send(send, answer, is_head=method == "HEAD")


def _trouble(upload_id: UUID | None) -> Refusal:
    """Why the database did not answer. DiskFull means that nothing of the upload is left: so only of a new one."""
    return DiskFull() if upload_id is None and limits.is_disk_full(0) else Unavailable(retry_after=2)


async def _answered(method: str, upload_id: UUID | None, headers: Headers, scope: Any, receive: Receive) -> Answer:
    if method == "OPTIONS":
        return Answer(
            204, tus_version=VERSION, tus_extension="creation,termination", tus_max_size=settings.CHAT_MAX_FILE
        )
    if headers.get("tus-resumable") != VERSION:
        # Also a site that is not ours: without our leave its pages cannot send this header.
        raise WrongVersion
    user = await _sender(scope)
    if wait := get_engine().intake.rates.take(user.pk):
        raise RateLimited(retry_after=round(wait, 1) or 0.1)
    if upload_id is None:
        if method != "POST":
            raise WrongMethod
        return await _create(user, headers)
    upload = await in_thread(actions.find_upload, user, upload_id)
    match method:
        case "HEAD":
            return await _tell(upload)
        case "PATCH":
            return await _append(upload, headers, receive)
        case "DELETE":
            return await _cancel(upload)
    raise WrongMethod


async def _sender(scope: Any) -> User:
    session_key = scope["cookies"].get(settings.SESSION_COOKIE_NAME, "")
    guest = (await in_thread(users_of_sessions, [session_key]))[0] if session_key else None
    if guest is None:
        raise SignedOut
    return guest.user


async def _create(user: User, headers: Headers) -> Answer:
    engine = get_engine()
    if engine.is_closing:
        raise Closing(retry_after=2)
    size = _number(headers, "upload-length")
    told = _metadata(headers.get("upload-metadata", ""))
    room = told.get("room", "")
    if not (room.isascii() and room.isdigit() and len(room) < 19):
        raise Invalid("Say in Upload-Metadata for which room the file is.", field="room")
    upload = await in_writing_thread(
        actions.begin_upload,
        user=user,
        room_id=int(room),
        name=told.get("filename", ""),
        size=size,
        type=told.get("filetype", ""),
    )
    if not size:
        await _complete_empty(upload)
    return Answer(201, location=f"/uploads/{upload.pk}/")


async def _complete_empty(upload: Attachment) -> None:
    """Where it cannot be now, the sender, who was told no address, begins anew: nothing of this one may stay."""
    intake = get_engine().intake
    try:
        await intake.complete(upload)
    except Refusal:
        with suppress(NotFound):
            await intake.cancel(upload)
        raise


async def _tell(upload: Attachment) -> Answer:
    """Whoever asks has lost the line that sent it: what still comes in on that is not waited for."""
    intake = get_engine().intake
    offset = await intake.offset(upload)
    if offset == upload.size and upload.ready_at is None:
        await intake.complete(upload)
    return Answer(200, upload_offset=offset, upload_length=upload.size)


async def _append(upload: Attachment, headers: Headers, receive: Receive) -> Answer:
    if headers.get("content-type", "") != BYTES:
        raise WrongContentType
    engine = get_engine()
    if engine.is_closing:
        raise Closing(retry_after=2)
    offset = _number(headers, "upload-offset")
    if offset <= upload.size < offset + _announced(headers) and "content-length" in headers:
        raise Invalid(f"Content-Length: {upload.size - offset} bytes are still to come; this brings more.")
    offset = await engine.intake.append(upload, offset, receive)
    if offset == upload.size and upload.ready_at is None:
        await engine.intake.complete(upload)
    return Answer(204, upload_offset=offset)


async def _cancel(upload: Attachment) -> Answer:
    await get_engine().intake.cancel(upload)
    return Answer(204)


def _announced(headers: Headers) -> int:
    """The length of the request's body; without a word it may be any."""
    text = headers.get("content-length", "")
    if text.isascii() and text.isdigit() and len(text) < 17:
        return int(text)
    return MOST if text or "transfer-encoding" in headers else 0


def _number(headers: Headers, name: str) -> int:
    text = headers.get(name, "")
    if not (text.isascii() and text.isdigit() and len(text) < 17 and int(text) <= MOST):
        raise Invalid(f"{name.title()}: give a number of bytes.")
    return int(text)


def _metadata(text: str) -> dict[str, str]:
    """Pairs of a key and a value in Base64, with commas between them."""
    told = {}
    for pair in filter(None, text.split(",")):
        key, _, value = pair.strip().partition(" ")
        try:
            told[key] = base64.b64decode(value, validate=True).decode()
        except (binascii.Error, ValueError):
            raise Invalid(f"Upload-Metadata: {key[:40]} is not UTF-8 in Base64.") from None
    return told


def _refused(refusal: Refusal) -> Answer:
    answer = Answer(STATUS.get(refusal.code, 400), encoded(refusal.as_data()).encode(), content_type="application/json")
    if refusal.retry_after is not None:
        answer.headers["retry-after"] = str(math.ceil(refusal.retry_after))
    return answer


async def _send(send: Any, answer: Answer, *, is_head: bool) -> None:
    headers = {"tus-resumable": VERSION, "cache-control": "no-store", "content-length": len(answer.body)}
    if answer.status == 412:
        headers["tus-version"] = VERSION
    if answer.status in (204, 304):
        del headers["content-length"]
    pairs = [(name.encode(), str(value).encode()) for name, value in (headers | answer.headers).items()]
    await send({"type": "http.response.start", "status": answer.status, "headers": pairs})
    await send({"type": "http.response.body", "body": b"" if is_head else answer.body})
