"""`python -m chatsite.server.worker CONTROL SOCKET …`: one of several server processes.

The arguments are file descriptors. One byte on CONTROL says that this process is ready; its end says
that the supervisor is gone, and that nobody would ever stop this process.
"""

import asyncio
import os
import socket
import sys

import django

NEXT_LOOK = 0.2


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatsite.settings")
    django.setup()
    from chatsite.server.uvicorn import PoliteServer

    control, *listening = (socket.socket(fileno=int(number)) for number in sys.argv[1:])
    control.setblocking(False)

    def start() -> None:
        loop = asyncio.get_running_loop()
        loop.add_reader(control, stop)
        tasks.add(loop.create_task(_report_ready(control)))

    def stop() -> None:
        asyncio.get_running_loop().remove_reader(control)
        server.should_exit = True

    tasks: set[asyncio.Task[None]] = set()
    server = PoliteServer(start)
    server.run(listening)


async def _report_ready(control: socket.socket) -> None:
    from chatsite.http.readiness import readiness

    while True:
        if (await readiness.report())["status"] == "ready":
            control.send(b"r")
            return
        await asyncio.sleep(NEXT_LOOK)


if __name__ == "__main__":
    main()
