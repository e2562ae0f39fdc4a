"""Errors that the client raises, and the meaning of the protocol's close codes."""

import os
from socket import gaierror
from ssl import SSLError

from chatsite_client.i18n import gettext as _


class ChatsiteError(Exception):
    """The base of all errors of this library. `str(error)` is a sentence for people."""


class Refused(ChatsiteError):
    """The server refused a command or a request. `code` is one of the protocol's error codes.

    `field` names the invalid field, if any, and `retry_after` is the number of seconds after which to try again.
    """

    def __init__(self, code: str, detail: str, *, field: str | None = None, retry_after: float | None = None) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.field = field
        self.retry_after = retry_after


class LoginRefused(ChatsiteError):
    """The username, password, code or token was refused, or the session has ended."""


class Disconnected(ChatsiteError):
    """The connection was lost before the server replied. `code` is the close code, or 1006 if there was none."""

    def __init__(self, code: int, detail: str) -> None:
        super().__init__(detail)
        self.code = code


class Unreachable(ChatsiteError):
    """The site couldn't be reached, or is no Chatsite."""


class NotStored(ChatsiteError):
    """A message couldn't be put into the outbox on this machine's disk, so it won't be sent."""


class TooSlow(ChatsiteError):
    """A program read its events so slowly that too many were waiting."""


CONNECTION_LOST = 1006
RESTARTING = 1012
FULL = 1013
MALFORMED = 4400
LOGGED_OUT = 4401
WRONG_ORIGIN = 4403
TOO_SLOW = 4408
FLOODING = 4429

_MEANINGS = {
    1009: _("A command was longer than 64 KiB."),
    1011: _("The server had a problem."),
    RESTARTING: _("The server is restarting."),
    FULL: _("The server is full."),
    MALFORMED: _("The server didn’t understand this client."),
    LOGGED_OUT: _("The session or the token has ended. Log in again."),
    WRONG_ORIGIN: _("The site doesn’t accept connections under this address."),
    TOO_SLOW: _("This client was too slow."),
    4410: _("An admin closed the connection."),
    FLOODING: _("This client sent too much at once."),
}


def closed(code: int, reason: str = "") -> ChatsiteError:
    """Return the error for a close code. `reason` is the server's explanation, if any."""
    text = reason or _MEANINGS.get(code, _("The connection was lost."))
    return LoginRefused(text) if code == LOGGED_OUT else Disconnected(code, text)


def unreachable(url: object, error: Exception) -> Unreachable:
    """Return the error for a site with which there is no connection. `error` is the reason."""
    return Unreachable(_("{url} can’t be reached: {reason}.").format(url=url, reason=reason_of(error)))


def unreadable(url: object) -> Unreachable:
    """Return the error for an answer that isn't Chatsite's."""
    return Unreachable(_("{url} sent something that this client can’t read.").format(url=url))


def reason_of(error: Exception) -> str:
    """Return what went wrong, in the words of the system if it was a system call."""
    if isinstance(error, gaierror):
        return error.strerror or str(error)
    if isinstance(error, OSError) and error.errno and not isinstance(error, SSLError):
        return os.strerror(error.errno)
    return str(error) or type(error).__name__
