"""`python -m chatsite.server.worker CONTROL SOCKET …` runs one of several server processes.

The arguments are file descriptors. The worker writes ALIVE to CONTROL every second, and READY when it is ready. With
each ACCEPT that it reads from CONTROL come the listening sockets from which it accepts connections besides its own. It
exits when CONTROL is closed, which means that the supervisor has died.
"""

import asyncio
import faulthandler
import os
import socket
import sys
from collections.abc import Coroutine
from contextlib import suppress

import django
from django.core.exceptions import ImproperlyConfigured

ALIVE, READY, ACCEPT = b".", b"r", b"a"
MAX_SOCKETS = 253  # that Linux passes at once
ALIVE_SECONDS = 1.0
POLL_SECONDS = 0.2


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatsite.settings")
    faulthandler.enable()  # prints all stacks when the supervisor aborts this process because it hangs
    try:
        django.setup()
    except ImproperlyConfigured as error:
        sys.exit(f"A worker cannot start. {error}")
    from chatsite.server.uvicorn import GracefulServer

    control, *listening = (socket.socket(fileno=int(number)) for number in sys.argv[1:])
    control.setblocking(False)

    def on_start() -> None:
        loop = asyncio.get_running_loop()
        loop.add_reader(control, on_message)
        start(_report_alive(control))
        start(_report_ready(control))

    def on_message() -> None:
        try:
            message, descriptors, _, _ = socket.recv_fds(control, 1, MAX_SOCKETS, socket.MSG_CMSG_CLOEXEC)
        except ConnectionResetError:  # the supervisor has died and left reports unread
            message, descriptors = b"", []
        if message:
            start(server.accept_also_from([socket.socket(fileno=each) for each in descriptors]))
        else:
            asyncio.get_running_loop().remove_reader(control)
            server.should_exit = True

    def start(task: Coroutine[None, None, None]) -> None:
        started = asyncio.get_running_loop().create_task(task)
        tasks.add(started)
        started.add_done_callback(tasks.discard)

    tasks: set[asyncio.Task[None]] = set()  # the event loop only holds weak references
    server = GracefulServer(on_start)
    server.run(listening)


async def _report_alive(control: socket.socket) -> None:
    while True:
        with suppress(BlockingIOError, BrokenPipeError):  # the supervisor is suspended or has died
            control.send(ALIVE)
        await asyncio.sleep(ALIVE_SECONDS)


async def _report_ready(control: socket.socket) -> None:
    from chatsite.http.readiness import readiness

    while True:
        if (await readiness.report())["status"] == "ready":
            control.send(READY)
            return
        await asyncio.sleep(POLL_SECONDS)


if __name__ == "__main__":
    main()
