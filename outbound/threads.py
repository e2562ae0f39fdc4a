"""Threads for calls that may take long."""

import threading
from collections.abc import Callable
from queue import SimpleQueue

Call = Callable[[], None]


class DaemonThreads:
    """Makes calls in up to `most` threads, which are started when they are needed.

    They are daemons, unlike those of a ThreadPoolExecutor, so that another server can't delay the end of the process.
    """

    def __init__(self, most: int, name: str) -> None:
        self._most = most
        self._name = name
        self._calls: SimpleQueue[Call | None] = SimpleQueue()
        self._threads: list[threading.Thread] = []

    def submit(self, call: Call) -> None:
        """Make a call, which raises nothing, in one of the threads."""
        self._calls.put(call)
        if len(self._threads) < self._most:
            thread = threading.Thread(target=self._run, name=f"{self._name}-{len(self._threads)}", daemon=True)
            self._threads.append(thread)
            thread.start()

    def stop(self) -> None:
        """End the threads after what has been submitted."""
        for _thread in self._threads:
            self._calls.put(None)

    def _run(self) -> None:
        while (call := self._calls.get()) is not None:
            call()
