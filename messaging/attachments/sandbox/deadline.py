"""An end to work that may take too long, for the workshop's one thread."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class OutOfTime(BaseException):
    """Not an Exception: whose code is interrupted must not take it for a error of its own."""


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Raise OutOfTime after so much work of the processor, so that a busy machine changes no result.

    It interrupts regular expressions too; other C code only when it returns.
    """
    signal.signal(signal.SIGPROF, _stop)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise OutOfTime
