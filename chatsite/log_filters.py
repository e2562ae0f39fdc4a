"""Logging filters."""

import logging


class ClientErrorFilter(logging.Filter):
    """Drops the tracebacks of client errors, with which anyone could fill the disk."""

    def filter(self, record: logging.LogRecord) -> bool:
        if 400 <= getattr(record, "status_code", 500) < 500:
            record.exc_info = record.exc_text = None
        return True
