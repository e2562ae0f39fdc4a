"""Errors that the client raises, and the meaning of the protocol's close codes."""


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
    1009: "A command was longer than 64 KiB.",
    1011: "The server had a problem.",
    RESTARTING: "The server is restarting.",
    FULL: "The server is full.",
    MALFORMED: "The server didn’t understand this client.",
    LOGGED_OUT: "The session or the token has ended. Log in again.",
    WRONG_ORIGIN: "The site doesn’t accept connections under this address.",
    TOO_SLOW: "This client was too slow.",
    4410: "An admin closed the connection.",
    FLOODING: "This client sent too much at once.",
}


def closed(code: int, reason: str = "") -> ChatsiteError:
    """Return the error for a close code. `reason` is the server's explanation, if any."""
    text = reason or _MEANINGS.get(code, "The connection was lost.")
    return LoginRefused(text) if code == LOGGED_OUT else Disconnected(code, text)
