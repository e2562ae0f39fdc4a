"""Leaves push services alone for a while that don't respond, so that other notifications needn't wait for them."""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

logger = logging.getLogger(__name__)

FAILURES = 10  # in a row, after which a push service is left alone
FIRST_SECONDS = 15.0
LONGEST_SECONDS = 300.0
MAX_HOSTS = 1_000


@dataclass(slots=True)
class _State:
    failures: int = 0
    rests: int = 0
    until: float = 0.0


class Rest:
    """Notes which push services fail. Logs when that begins and ends. Thread-safe."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._states: dict[str, _State] = {}
        self._lock = threading.Lock()

    def seconds_left(self, host: str) -> float:
        """Return for how long the push service is still left alone."""
        with self._lock:
            state = self._states.get(host)
            return max(0.0, state.until - self._clock()) if state else 0.0

    def note(self, host: str, *, is_unreachable: bool, reason: str = "") -> None:
        """Note whether a request failed."""
        with self._lock:
            if not is_unreachable:
                state = self._states.pop(host, None)
                if state and state.rests:
                    logger.warning("the push service %s is available again", host)
                return
            if len(self._states) >= MAX_HOSTS:
                self._states.clear()
            self._fail(host, self._states.setdefault(host, _State()), reason)

    def _fail(self, host: str, state: _State, reason: str) -> None:
        state.failures += 1
        if state.failures < FAILURES or state.until > self._clock():
            return
        if not state.rests:
            logger.error("the push service %s is unavailable: %s", host, reason)
        state.until = self._clock() + min(FIRST_SECONDS * 2**state.rests, LONGEST_SECONDS)
        state.rests = min(state.rests + 1, 10)
