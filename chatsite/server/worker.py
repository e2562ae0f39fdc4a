"""`python -m chatsite.server.worker CONTROL SOCKET …` runs one of several server processes.

The arguments are file descriptors. The worker writes ALIVE to CONTROL every second, and READY when it is ready. It
exits when CONTROL is closed, which means that the supervisor has died.
"""

import asyncio
import faulthandler
import os
import socket
import sys
from contextlib import suppress

import django
from django.core.exceptions import ImproperlyConfigured

ALIVE, READY = b".", b"r"
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
        loop.add_reader(control, stop)
        tasks.update({loop.create_task(_report_alive(control)), loop.create_task(_report_ready(control))})

    def stop() -> None:
        asyncio.get_running_loop().remove_reader(control)
        server.should_exit = True

    tasks: set[asyncio.Task[None]] = set()
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
