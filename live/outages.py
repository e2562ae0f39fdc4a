"""Outages of other services: one line in the log when a service goes away, and one when it is back.

During an outage, many loops and requests fail again and again. They report it here, and OutageFilter drops their own
log records, each of which would have a traceback. Other errors are bugs and keep their traceback.
"""

import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator

from django.db import Error as DatabaseError
from django.db import InterfaceError, OperationalError
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as RedisTimeoutError

logger = logging.getLogger(__name__)

# A call may succeed while others still fail: reads on a full disk, or a reused connection. The service counts as back
# once nothing has failed for this long.
QUIET_SECONDS = 5.0

POSTGRES_CLASSES = ("08", "53", "57", "58")  # connection, resources, operator intervention (shutdown), system
POSTGRES_READ_ONLY = "25006"


class Outage:
    """The state of one service. Thread-safe."""

    def __init__(
        self, service: str, *, quiet: float = QUIET_SECONDS, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._service = service
        self._quiet = quiet
        self._clock = clock
        self._lock = threading.Lock()
        self._began_at: float | None = None
        self._failed_at = 0.0

    @property
    def is_ongoing(self) -> bool:
        return self._began_at is not None

    def failed(self, error: BaseException) -> None:
        """Note that a call failed because the service is unavailable."""
        with self._lock:
            self._failed_at = self._clock()
            if self._began_at is not None:
                return
            self._began_at = self._failed_at
        logger.error("%s is unavailable: %s", self._service, _one_line(error))

    def succeeded(self) -> None:
        """Note that a call succeeded."""
        if self._began_at is None:
            return
        with self._lock:
            now = self._clock()
            if self._began_at is None or now - self._failed_at < self._quiet:
                return
            seconds, self._began_at = now - self._began_at, None
        logger.warning("%s is available again, after %.0f s.", self._service, seconds)


database = Outage("The database")
redis = Outage("Redis")


def outage_of(error: BaseException) -> Outage | None:
    """Return the outage that caused the error, or None if it has another cause."""
    for cause in _chain(error):
        if isinstance(cause, DatabaseError) and _is_database_outage(cause):
            return database
        if isinstance(cause, RedisConnectionError | RedisTimeoutError) or _is_redis_refusing(cause):
            return redis
    return None


def report(error: BaseException) -> bool:
    """Report the error if an outage caused it. Return whether one did."""
    if (outage := outage_of(error)) is not None:
        outage.failed(error)
    return outage is not None


class OutageFilter(logging.Filter):
    """Drops log records of errors caused by an outage, and reports the outage instead."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name == __name__ or record.levelno < logging.WARNING:
            return True
        return not any(map(report, _errors(record)))


def _errors(record: logging.LogRecord) -> Iterator[BaseException]:
    if isinstance(record.exc_info, tuple) and record.exc_info[1] is not None:
        yield record.exc_info[1]
    if isinstance(record.args, tuple):
        yield from (argument for argument in record.args if isinstance(argument, BaseException))


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield the error and its explicit causes. An error raised while handling another one may be a bug."""
    seen: set[int] = set()
    following: BaseException | None = error
    while following is not None and id(following) not in seen:
        seen.add(id(following))
        yield following
        following = following.__cause__


def _is_database_outage(error: DatabaseError) -> bool:
    cause = error.__cause__
    if isinstance(cause, sqlite3.Error):  # SQLITE_ERROR is an invalid statement, such as one for a missing table
        return isinstance(error, OperationalError) and getattr(cause, "sqlite_errorname", "") != "SQLITE_ERROR"
    state = getattr(cause, "sqlstate", None)
    if state is None:
        return isinstance(error, OperationalError | InterfaceError)
    return state.startswith(POSTGRES_CLASSES) or state == POSTGRES_READ_ONLY


def _is_redis_refusing(error: BaseException) -> bool:
    return isinstance(error, RedisError) and str(error).startswith(("LOADING", "MISCONF", "OOM", "READONLY"))


def _one_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__
