"""A thread of the server that sends queued emails."""

import asyncio
import logging
import threading

from django.conf import settings
from django.db import close_old_connections, connections

from accounts.mail.delivery import Mailer

logger = logging.getLogger(__name__)

POLL_SECONDS = 5.0  # for retries, and for emails queued by a process that has died
STOP_SECONDS = 2.0
NO_EMAIL = "django.core.mail.backends.dummy.EmailBackend"

_workers: "set[MailWorker]" = set()


def wake() -> bool:
    """Wake this process's worker to send new emails. Return False if there is no worker."""
    for worker in list(_workers):
        worker.wake()
    return bool(_workers)


class MailWorker:
    """Sends queued emails in the background. Every server process has one.

    Its thread is a daemon, so that an unresponsive mail server can't delay the end of the process.
    """

    def __init__(self) -> None:
        self._mailer = Mailer()
        self._wake = threading.Event()
        self._is_stopping = False
        self._thread = threading.Thread(target=self._run, name="mail", daemon=True)
        self._thread.start()
        _workers.add(self)

    def wake(self) -> None:
        self._wake.set()

    async def stop(self) -> None:
        _workers.discard(self)
        self._is_stopping = True
        self._wake.set()
        await asyncio.to_thread(self._thread.join, STOP_SECONDS)

    def _run(self) -> None:
        try:
            while not self._is_stopping:
                self._wake.wait(POLL_SECONDS)
                self._wake.clear()
                self._send_due()
        finally:
            connections.close_all()

    def _send_due(self) -> None:
        if settings.EMAIL_DELIVERY_BACKEND == NO_EMAIL:
            return  # another server may send the emails
        try:
            close_old_connections()
            while not self._is_stopping and self._mailer.send_next():
                pass
        except Exception:
            logger.exception("queued emails could not be sent")
        finally:
            close_old_connections()
