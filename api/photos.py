"""Receives photos, and renders them before a thread with a database connection is used."""

from tempfile import SpooledTemporaryFile
from typing import BinaryIO, cast

from django.core.files.base import File

from accounts.profile import avatars
from api.lookups import translate_errors
from api.request import Request
from live.fair_threads import FairThreads
from live.http.request_body import receive_body

MEMORY_BYTES = 1024 * 1024  # larger photos are kept on disk
MAX_BYTES = 5 * 1024 * 1024  # slightly more than a photo may have, for which there is a better error
MAX_WAITING = 100


class PhotoReceiver:
    """Receives photos. One is rendered at a time, and each person waits for their own."""

    def __init__(self) -> None:
        self._threads = FairThreads(1, limit=MAX_WAITING, share=1, name="api-photos")

    async def receive(self, request: Request) -> avatars.Square:
        """Return the request's body as a square photo. Raises BodyRejected, ClientDisconnected, Busy or Invalid."""
        with SpooledTemporaryFile(MEMORY_BYTES) as body:
            await receive_body(request.receive, cast(BinaryIO, body), max_bytes=MAX_BYTES)
            body.seek(0)
            with translate_errors():
                photo = await self._threads.run(str(request.identity.user.pk), avatars.square, File(body))
        await request.check_access()
        return photo
