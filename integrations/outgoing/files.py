"""Stores files with which servers answer, through the same limits and checks as uploads."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, NamedTuple
from uuid import UUID

from accounts.models import User
from live.db_threads import in_writing_thread
from messaging.uploads.actions import begin_upload
from messaging.uploads.receiver import UploadReceiver


class File(NamedTuple):
    """A file. `type`: the media type that the server declares."""

    name: str
    type: str
    content: bytes


async def store_file(uploads: UploadReceiver, *, user: User, room_id: int, file: File) -> UUID:
    """Store a file for a message of this user in a room, and return its id.

    Raises the refusals of uploads, or OSError. A file that isn't posted is deleted like an abandoned upload.
    """
    size = len(file.content)
    upload = await in_writing_thread(
        begin_upload, user=user, room_id=room_id, name=file.name, size=size, type=file.type
    )
    await uploads.append(upload, 0, _as_request(file.content))
    await uploads.complete(upload)
    return upload.pk


def _as_request(content: bytes) -> Callable[[], Awaitable[Mapping[str, Any]]]:
    """Return a function that receives the content like the body of a request."""

    async def receive() -> Mapping[str, Any]:
        return {"type": "http.request", "body": content, "more_body": False}

    return receive
