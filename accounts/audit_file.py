"""The log handler for CHAT_LOG_FILE. Imports no models, because logging is set up before they are loaded."""

import io
import logging
import os
import sys
from logging.handlers import WatchedFileHandler

logger = logging.getLogger(__name__)

MODE = 0o640  # the file contains IP addresses


class AuditFileHandler(WatchedFileHandler):
    """Appends to a file that logrotate may move.

    If the file can't be written, the error is logged once, actions continue, and events are only in the database.
    """

    _is_failing = False
    _error: BaseException | None = None

    def emit(self, record: logging.LogRecord) -> None:
        self._error = None
        try:
            super().emit(record)  # reopens a file that was moved, which may raise OSError
        except OSError as error:
            self._error = error
        self._note_outage()

    def handleError(self, record: logging.LogRecord) -> None:
        """Record a write error. The base class would print its traceback."""
        self._error = sys.exception()

    def _open(self) -> io.TextIOWrapper:
        def opener(path: str, flags: int) -> int:
            return os.open(path, flags, MODE)

        return open(self.baseFilename, self.mode, encoding=self.encoding, errors=self.errors, opener=opener)  # type: ignore[return-value]

    def _note_outage(self) -> None:
        if (self._error is not None) == self._is_failing:
            return
        self._is_failing = not self._is_failing
        if self._is_failing:
            logger.error("CHAT_LOG_FILE=%s can't be written, so audit events are only in the database: %s",
                         self.baseFilename, self._error)  # fmt: skip
        else:
            logger.warning("CHAT_LOG_FILE=%s can be written again", self.baseFilename)
