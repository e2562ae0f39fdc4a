"""A CPU time limit for work in a process with a single thread."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class OutOfTime(BaseException):
    """The time limit was exceeded. Not a subclass of Exception, so that the interrupted code can't catch it."""


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Raise OutOfTime after `seconds` of CPU time, so that results don't depend on how busy the machine is.

    Regular expressions are also interrupted, but other C code only when it returns.
    """
    signal.signal(signal.SIGPROF, _stop)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise OutOfTime
