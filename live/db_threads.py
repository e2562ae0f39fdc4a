"""Thread pools for the event loop's database work.

They are bounded and separate from Django's single thread-sensitive thread, so that one socket's slow query does not
delay the others. Database connections stay open between calls (CONN_MAX_AGE).
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from typing import ParamSpec, TypeVar

from django.db import close_old_connections

from live import outages

P = ParamSpec("P")
T = TypeVar("T")

_readers = ThreadPoolExecutor(max_workers=4, thread_name_prefix="live-reads")
_writers = ThreadPoolExecutor(max_workers=2, thread_name_prefix="live-writes")


async def in_thread(func: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Call `func`, which only reads the database, in a thread."""
    return await run_in(_readers, func, *args, **kwargs)


async def in_writing_thread(func: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Call `func`, which writes to the database, in a thread. Reads continue while the database is locked."""
    result = await run_in(_writers, func, *args, **kwargs)
    outages.database.succeeded()  # a successful read proves nothing: a full disk can be read
    return result


async def run_in(pool: ThreadPoolExecutor, func: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    call: Callable[[], T] = partial(copy_context().run, func, *args, **kwargs)  # the context holds the active language
    return await asyncio.get_running_loop().run_in_executor(pool, call_with_database, call)


def call_with_database(func: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Call `func` in a thread that stays, and report if the database can't be reached."""
    close_old_connections()
    try:
        return func(*args, **kwargs)
    except Exception as error:
        outages.report(error)
        raise
    finally:
        close_old_connections()
