"""Parses settings that are URLs of services. Their errors don't quote the value, which may contain a password."""

from urllib.parse import SplitResult, urlsplit

from django.core.exceptions import ImproperlyConfigured

from chatsite.conf.env import invalid

ENCODING_ADVICE = "In usernames and passwords, write @ as %40, / as %2F and : as %3A."


def split_url(name: str, url: str, advice: str) -> SplitResult:
    """Split a URL. Raises ImproperlyConfigured, with `advice`, if the URL, its host or its port is invalid."""
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises ValueError if it is invalid
        if (host := parts.hostname) and "%" not in host:  # not the encoded folder of PostgreSQL's socket
            host.encode("idna")  # raises UnicodeError, as every attempt to connect would
    except ValueError:
        raise invalid_url(name, "is not a URL", advice) from None
    return parts


def invalid_url(name: str, problem: str, advice: str) -> ImproperlyConfigured:
    """Return an error that doesn't quote the URL."""
    return invalid(name, f"{problem}. {advice}", is_secret=True)
