"""Reports to systemd that the server responds (sd_notify), so that systemd restarts a server that hangs."""

import asyncio
import os
import socket
from contextlib import suppress

HUNG_SECONDS = 30
REPORT_SECONDS = 5.0


async def report_alive() -> None:
    """Report until cancelled. Do nothing if systemd doesn't listen, which `NotifyAccess` in the unit decides."""
    if not (address := os.environ.get("NOTIFY_SOCKET")):
        return
    if address.startswith("@"):  # an abstract socket
        address = "\0" + address[1:]
    # Set here rather than in the unit, so that a long migration before the start doesn't count.
    message = f"WATCHDOG_USEC={HUNG_SECONDS * 1_000_000}\nWATCHDOG=1"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.setblocking(False)
        while True:
            with suppress(OSError):  # systemd is busy
                systemd.sendto(message.encode(), address)
            await asyncio.sleep(REPORT_SECONDS)
