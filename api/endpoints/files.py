"""Endpoints for files."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta

from accounts.http import parse_number
from accounts.models import Scope, User
from api import schemas
from api.errors import LengthRequired
from api.request import Request
from api.routing import Group
from live.db_threads import in_thread, in_writing_thread
from messaging.attachments.access import find_visible
from messaging.attachments.serializers import serialize_attachment
from messaging.errors import Closing, RateLimited
from messaging.models import Attachment
from messaging.runtime.protocol import Id
from messaging.uploads import actions
from messaging.web.room_files import FileFilter, list_files
from rooms.errors import NotFound
from rooms.permissions import find_room

JSON = dict[str, Any]

group = Group("Files")


class ListFiles(msgspec.Struct):
    room: Id
    kind: str = ""
    person: Id | None = None
    q: Annotated[str, Meta(max_length=100)] = ""
    before: str = ""


class OneFile(msgspec.Struct):
    file: UUID


class Describe(msgspec.Struct):
    file: UUID
    alt: str


class Upload(msgspec.Struct):
    room: Id
    name: Annotated[str, Meta(min_length=1, max_length=1_000)]


@group.endpoint("GET /rooms/{room}/files", scope=Scope.READ, returns=schemas.RoomFiles)
def list_room_files(user: User, parameters: ListFiles) -> JSON:
    """List a room's files, the newest first.

    `kind`: `image`, `video`, `audio`, `text`, `pdf` or `other`. `person`: the id of the sender. `q`: a part of the
    name. `before`: the `next` of the previous page.
    """
    room = find_room(user, parameters.room)
    file_filter = FileFilter.of(
        kind=parameters.kind, person=parameters.person, query=parameters.q, cursor=parameters.before
    )
    return list_files(user, room, file_filter)


@group.endpoint("POST /rooms/{room}/files", scope=Scope.FILES, returns=schemas.Attachment, status=201, is_raw=True)
async def upload_file(request: Request, parameters: Upload) -> JSON:
    """Upload a file.

    The body is the file itself. Post its `id` in `attachments` within a day. To resume uploads, use tus, as described
    in the live protocol.
    """
    engine, user = request.engine, request.identity.user
    size = parse_number(request.headers.get("content-length", ""))
    if size is None:
        raise LengthRequired
    if engine.is_closing:
        raise Closing(retry_after=2)
    if wait := engine.uploads.rates.take(user.pk):
        raise RateLimited(retry_after=wait)
    content_type = request.headers.get("content-type", "")
    upload = await in_writing_thread(
        actions.begin_upload, user=user, room_id=parameters.room, name=parameters.name, size=size, type=content_type
    )
    try:
        if size:
            await engine.uploads.append(upload, 0, request.receive)
        if not upload.is_ready:
            await engine.uploads.complete(upload)
        await request.check_access()
    except BaseException:
        await engine.uploads.cancel(upload)
        raise
    return serialize_attachment(await in_thread(Attachment.objects.get, pk=upload.pk))


@group.endpoint("GET /files/{file}", scope=Scope.READ, returns=schemas.Attachment)
def show_file(user: User, parameters: OneFile) -> JSON:
    """Show a file's name, size and URLs.

    To download it, send the token with a request to its `url`, for which it needs the scope `files`.
    """
    attachment = find_visible(user, parameters.file)
    if attachment is None:
        raise NotFound(actions.NO_FILE)
    return serialize_attachment(attachment)


@group.endpoint("PUT /files/{file}/alt", scope=Scope.WRITE, returns=schemas.AltText)
def describe_file(user: User, parameters: Describe) -> JSON:
    """Set the alt text of an image that you sent."""
    attachment = actions.set_alt_text(user=user, attachment_id=parameters.file, alt=parameters.alt)
    return {"alt": attachment.alt}
