"""Delays before the next attempt to connect, in seconds."""

import random

from chatsite_client.errors import FLOODING, FULL, MALFORMED, RESTARTING

STEPS = (0.5, 1, 2, 4, 8, 16, 30)


def reconnect_delay(attempt: int, code: int = 0, retry_after: float | None = None) -> float:
    """Return a random delay. `code` is the close code, and `retry_after` comes from the server's announcement."""
    if code == RESTARTING:
        return (retry_after or 0) + 0.25 + random.uniform(0, 2)  # noqa: S311
    if code in (FULL, FLOODING, MALFORMED):
        return random.uniform(10, 30)  # noqa: S311 - frequent attempts don't help
    return random.uniform(0, STEPS[min(attempt, len(STEPS) - 1)])  # noqa: S311
