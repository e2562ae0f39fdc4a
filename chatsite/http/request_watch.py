"""Detects when a long response must end because its user may no longer receive it."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from uuid import UUID

from accounts.auth.credentials import Credential, credential_of
from live.http.responses import Header, Scope
from messaging.runtime.engine import get_engine

# Set by views, and removed before the response is sent.
READER = b"x-reader"  # the id of the downloading user
ATTACHMENT = b"x-attachment"  # the id of the attachment, and the state of the reader's access

Revoked = asyncio.Future[None]


@contextmanager
def watch_session(scope: Scope) -> Iterator[Revoked]:
    """Yield a future that is done once the session or token of the request has ended."""
    revoked, revoke = _revocation()
    with _watching_session(scope, revoke):
        yield revoked


@contextmanager
def watch_file(scope: Scope, headers: Sequence[Header]) -> Iterator[Revoked]:
    """Yield a future that is done once the session has ended or the reader may no longer see the attachment.

    Other files, such as avatars, are small, and some are public.
    """
    revoked, revoke = _revocation()
    named = dict(headers)
    with ExitStack() as stack:
        if READER in named:
            attachment_id, _, state = named[ATTACHMENT].decode().partition(" ")
            access = int(named[READER]), UUID(attachment_id)
            stack.enter_context(_watching_session(scope, revoke))
            stack.enter_context(get_engine().downloads.watching(access, revoke, state=state))
        yield revoked


def _revocation() -> tuple[Revoked, Callable[[], None]]:
    """Return a future, and a function that completes it."""
    revoked: Revoked = asyncio.get_running_loop().create_future()

    def revoke() -> None:
        if not revoked.done():
            revoked.set_result(None)

    return revoked, revoke


def _watching_session(scope: Scope, revoke: Callable[[], None]) -> AbstractContextManager[None]:
    credential = credential_of(scope)
    if credential == Credential():
        return nullcontext()
    return get_engine().reconciler.sessions.watching(credential, revoke)
