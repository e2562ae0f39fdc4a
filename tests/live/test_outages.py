"""An outage of a service is logged once when it begins and once when it ends, however many calls fail."""

import logging
import sqlite3

import psycopg
import pytest
from django.db import IntegrityError, InterfaceError, OperationalError, ProgrammingError, connection
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import ResponseError

from live import outages
from live.outages import Outage, OutageFilter, outage_of


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def outage(clock, caplog) -> Outage:
    caplog.set_level(logging.INFO, "live.outages")
    return Outage("The database", clock=clock)


@pytest.fixture
def lines(monkeypatch, outage) -> list[str]:
    """The lines of a log with the filter, for the outage of the database."""
    monkeypatch.setattr(outages, "database", outage)
    found: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: found.append(record.getMessage())
    handler.addFilter(OutageFilter())
    logging.getLogger().addHandler(handler)
    yield found
    logging.getLogger().removeHandler(handler)


def caused(error: Exception, cause: Exception) -> Exception:
    error.__cause__ = cause
    return error


def sqlite_error(name: str) -> OperationalError:
    cause = sqlite3.OperationalError(name)
    cause.sqlite_errorname = name
    return caused(OperationalError(name), cause)


OUTAGES = [
    OperationalError("connection refused"),
    InterfaceError("connection already closed"),
    *map(sqlite_error, ["SQLITE_BUSY", "SQLITE_FULL", "SQLITE_READONLY", "SQLITE_IOERR_WRITE", "SQLITE_CANTOPEN"]),
    caused(OperationalError(), psycopg.errors.AdminShutdown()),
    caused(OperationalError(), psycopg.errors.TooManyConnections()),
    caused(OperationalError(), psycopg.errors.DiskFull()),
    caused(ProgrammingError(), psycopg.errors.ReadOnlySqlTransaction()),
    caused(RuntimeError("a job failed"), OperationalError("connection refused")),
]
BUGS = [
    ValueError("x"),
    OSError("x"),
    ProgrammingError("x"),
    sqlite_error("SQLITE_ERROR"),
    caused(IntegrityError(), psycopg.errors.UniqueViolation()),
    caused(OperationalError(), psycopg.errors.DeadlockDetected()),
    caused(ProgrammingError(), psycopg.errors.UndefinedTable()),
    ResponseError("WRONGTYPE"),
]


@pytest.mark.parametrize("error", BUGS, ids=repr)
def test_other_errors_are_no_outage(error):
    assert outage_of(error) is None


@pytest.mark.parametrize("error", OUTAGES, ids=repr)
def test_unavailable_database_is_an_outage(error):
    assert outage_of(error) is outages.database


@pytest.mark.parametrize("error", [RedisConnectionError("refused"), ResponseError("LOADING Redis is loading")])
def test_unavailable_redis_is_an_outage(error):
    assert outage_of(error) is outages.redis


@pytest.mark.django_db
def test_invalid_query_is_no_outage():
    with pytest.raises(OperationalError) as raised:
        connection.cursor().execute("SELECT * FROM nowhere")
    assert outage_of(raised.value) is None


def test_outage_and_recovery_are_logged_once_each(outage, clock, caplog):
    for _ in range(100):
        outage.failed(OperationalError("connection refused\nIs the server running?"))
    assert caplog.messages == ["The database is unavailable: OperationalError: connection refused"]
    clock.now += 12
    outage.succeeded()
    outage.succeeded()
    assert caplog.messages[1:] == ["The database is available again, after 12 s."]


def test_successes_between_failures_do_not_end_the_outage(outage, clock, caplog):
    for _ in range(10):
        outage.failed(OperationalError("disk is full"))
        clock.now += 3
        outage.succeeded()
    assert outage.is_ongoing
    assert len(caplog.messages) == 1


def test_records_of_an_outage_are_kept_out_of_the_log(lines):
    logger = logging.getLogger("anything")
    for error in OUTAGES:
        try:
            raise error
        except Exception:
            logger.exception("reconciliation failed")
        logger.error("Handshake failed: %s", error)
    assert lines == ["The database is unavailable: OperationalError: connection refused"]


def test_other_errors_stay_in_the_log(lines):
    logger = logging.getLogger("anything")
    for error in BUGS:
        logger.error("failed: %s", error, exc_info=error)
    assert len(lines) == len(BUGS)
