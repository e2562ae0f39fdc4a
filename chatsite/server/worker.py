"""`python -m chatsite.server.worker CONTROL SOCKET …` runs one of several server processes.

The arguments are file descriptors. The worker writes one byte to CONTROL when it is ready. It exits when CONTROL is
closed, because the supervisor is then gone and nothing else would stop the worker.
"""

import asyncio
import os
import socket
import sys

import django

POLL_SECONDS = 0.2


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatsite.settings")
    django.setup()
    from chatsite.server.uvicorn import GracefulServer

    control, *listening = (socket.socket(fileno=int(number)) for number in sys.argv[1:])
    control.setblocking(False)

    def on_start() -> None:
        loop = asyncio.get_running_loop()
        loop.add_reader(control, stop)
        tasks.add(loop.create_task(_report_ready(control)))

    def stop() -> None:
        asyncio.get_running_loop().remove_reader(control)
        server.should_exit = True

    tasks: set[asyncio.Task[None]] = set()
    server = GracefulServer(on_start)
    server.run(listening)


async def _report_ready(control: socket.socket) -> None:
    from chatsite.http.readiness import readiness

    while True:
        if (await readiness.report())["status"] == "ready":
            control.send(b"r")
            return
        await asyncio.sleep(POLL_SECONDS)


if __name__ == "__main__":
    main()
