"""The server's worker, which sends queued emails in a thread of its own."""

import asyncio
import logging
import threading

from django.db import close_old_connections, connections

from accounts.mail.delivery import Mailer

logger = logging.getLogger(__name__)

POLL_SECONDS = 5.0  # for emails that are due again, and for those of a process that has died
STOP_SECONDS = 2.0

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
        self._is_failing = False
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
        close_old_connections()
        try:
            while not self._is_stopping and self._mailer.send_next():
                pass
        except Exception as error:  # usually the database's
            self._note(error)
        else:
            self._note(None)
        finally:
            close_old_connections()

    def _note(self, error: Exception | None) -> None:
        """Log one line when the queue cannot be read and one when it can be read again."""
        if error is not None and not self._is_failing:
            logger.warning("the email queue is unavailable: %s: %s", type(error).__name__, error)
        elif error is None and self._is_failing:
            logger.info("the email queue is available again")
        self._is_failing = error is not None
