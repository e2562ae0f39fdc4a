"""Makes ordinary methods of coroutines, for programs without asyncio. They run in a thread of their own."""

import asyncio
from collections.abc import Callable, Coroutine
from functools import wraps
from threading import Thread
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar

Target = TypeVar("Target")
Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")


class EventLoop:
    """An event loop in a thread."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, name="chatsite", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, Result]) -> Result:
        """Wait for a coroutine, and return its result."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


class Blocking(Generic[Target]):
    """The base of classes with the methods of another one, which waits in an event loop."""

    _loop: EventLoop
    _target: Target


def blocking(
    method: Callable[Concatenate[Target, Parameters], Coroutine[Any, Any, Result]],
) -> Callable[Concatenate[Blocking[Target], Parameters], Result]:
    """Return a method with the same parameters that waits for the result."""

    @wraps(method)
    def wait(self: Blocking[Target], /, *arguments: Parameters.args, **options: Parameters.kwargs) -> Result:
        return self._loop.run(method(self._target, *arguments, **options))

    return wait
