"""Logging: one line per event on standard error, and the audit log in a file."""

import sys
from pathlib import Path
from typing import Any

LEVELS = ("debug", "info", "warning", "error")


def logging_config(level: str, audit_file: Path | None) -> dict[str, Any]:
    """Return the value of LOGGING. `level` is one of LEVELS."""
    audit: dict[str, Any] = {"class": "logging.NullHandler"}
    if audit_file is not None:
        audit = {"class": "accounts.audit_file.AuditFileHandler", "filename": str(audit_file)}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {
            "client_errors": {"()": "chatsite.log_filters.ClientErrorFilter"},
            "outages": {"()": "live.outages.OutageFilter"},
        },
        "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
        "handlers": {
            "console": {
                "class": "logging.StreamHandler",
                "formatter": "line",
                "filters": ["client_errors", "outages"],
                "stream": sys.stderr,
            },
            "audit": audit,
            "nowhere": {"class": "logging.NullHandler"},
        },
        "root": {"handlers": ["console"], "level": level.upper()},
        "loggers": {
            "django": {"handlers": ["console"], "level": "INFO", "propagate": False},
            # Anyone can send an invalid Host header, and each one would log a traceback. The response is a 400.
            "django.security.DisallowedHost": {"handlers": ["nowhere"], "propagate": False},
            # A line for each request of a browser that logged in before SECRET_KEY was changed.
            "django.security.SuspiciousSession": {"handlers": ["nowhere"], "propagate": False},
            "chatsite.audit": {"handlers": ["audit"], "level": "INFO", "propagate": False},
        },
    }
