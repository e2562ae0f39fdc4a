"""Filters for the log."""

import logging


class ClientErrorFilter(logging.Filter):
    """Drops the traceback of requests that a client got wrong, which otherwise lets any stranger fill the disk."""

    def filter(self, record: logging.LogRecord) -> bool:
        if 400 <= getattr(record, "status_code", 500) < 500:
            record.exc_info = record.exc_text = None
        return True
