"""Reports to systemd that the server responds (sd_notify), so that systemd restarts a server that hangs."""

import asyncio
import os
import socket
from contextlib import suppress

HUNG_SECONDS = 30
REPORT_SECONDS = 5.0


async def report_alive() -> None:
    """Report until cancelled. Do nothing unless systemd listens (`NotifyAccess` in the unit)."""
    if not (address := os.environ.get("NOTIFY_SOCKET")):
        return
    if address.startswith("@"):  # an abstract socket
        address = "\0" + address[1:]
    # The timeout is set here, not in the unit, because migrations at startup may take longer.
    message = f"WATCHDOG_USEC={HUNG_SECONDS * 1_000_000}\nWATCHDOG=1"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.setblocking(False)
        while True:
            with suppress(OSError):  # systemd is busy
                systemd.sendto(message.encode(), address)
            await asyncio.sleep(REPORT_SECONDS)
