"""The server's worker, which sends queued emails in a thread of its own."""

import asyncio
import logging
import threading

from django.conf import settings
from django.db import close_old_connections, connections

from accounts.mail.delivery import Mailer

logger = logging.getLogger(__name__)

POLL_SECONDS = 5.0  # for emails that are due again, and for those of a process that has died
STOP_SECONDS = 2.0
NO_EMAIL = "django.core.mail.backends.dummy.EmailBackend"

_workers: "set[MailWorker]" = set()


def wake() -> bool:
    """Let this process's worker send what has just been queued. Return False if there is no worker."""
    for worker in list(_workers):
        worker.wake()
    return bool(_workers)


class MailWorker:
    """Sends queued emails in the background; every process has one.

    The thread is a daemon, so that a mail server that doesn't respond can't delay the end of the process.
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
            return  # a server without email leaves the queue to others
        try:
            close_old_connections()
            while not self._is_stopping and self._mailer.send_next():
                pass
        except Exception:
            logger.exception("emails cannot be sent at the moment")
        finally:
            close_old_connections()
