"""A CPU time limit for work in the sandbox's only thread."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class OutOfTime(BaseException):
    """Raised when time is up. Not an Exception, so that the interrupted code does not catch it."""


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Raise OutOfTime after `seconds` of CPU time, so that a busy machine changes no result.

    Interrupts regular expressions too; other C code only when it returns.
    """
    signal.signal(signal.SIGPROF, _stop)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise OutOfTime
