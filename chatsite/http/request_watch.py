"""Notices that a response that takes long must end, because its user may no longer have what it sends."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from uuid import UUID

from django.conf import settings

from chatsite.http.responses import Header, Scope
from messaging.runtime.engine import get_engine

# Set by views, and removed before the response is sent.
READER = b"x-reader"  # the id of the user who downloads
ATTACHMENT = b"x-attachment"  # the id of the attachment that is sent

Revoked = asyncio.Future[None]


@contextmanager
def watch_request(scope: Scope, headers: Sequence[Header] = ()) -> Iterator[Revoked]:
    """Yield a future that is done once the session has ended or its user may no longer see the attachment."""
    revoked: Revoked = asyncio.get_running_loop().create_future()

    def revoke() -> None:
        if not revoked.done():
            revoked.set_result(None)

    session_key, named = scope.get("cookies", {}).get(settings.SESSION_COOKIE_NAME), dict(headers)
    with ExitStack() as stack:
        if session_key:
            stack.enter_context(get_engine().reconciler.sessions.watching(session_key, revoke))
        if READER in named and ATTACHMENT in named:
            access = int(named[READER]), UUID(named[ATTACHMENT].decode())
            stack.enter_context(get_engine().downloads.watching(access, revoke))
        yield revoked
