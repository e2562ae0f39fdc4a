"""Compares PostgreSQL's connection limit with the number of connections that the server processes may open."""

import logging

from django.conf import settings
from django.db import connection

logger = logging.getLogger(__name__)

PER_PROCESS = 31  # docs/operations.md lists them

# The limits of the server, the role and the database; -1 means no limit.
QUERY = """
    SELECT current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int,
           rolconnlimit, datconnlimit
    FROM pg_roles, pg_database WHERE rolname = current_user AND datname = current_database()
"""


def warn_if_too_low() -> None:
    """Log a warning if the workers may need more connections than allowed. Some pages would then fail under load."""
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        cursor.execute(QUERY)
        allowed = min(limit for limit in cursor.fetchone() if limit >= 0)
    processes = settings.WORKERS + (settings.WORKERS > 1)  # a rolling restart runs one more
    if allowed < processes * PER_PROCESS:
        logger.warning(
            "PostgreSQL allows %d connections, but WORKERS=%d may open %d. Raise its max_connections (or the role's or "
            "the database's CONNECTION LIMIT), or lower WORKERS.",
            allowed,
            settings.WORKERS,
            processes * PER_PROCESS,
        )
