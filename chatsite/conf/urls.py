"""Parses settings that are URLs of services. They contain passwords, so their errors quote nothing."""

from urllib.parse import SplitResult, urlsplit

from django.core.exceptions import ImproperlyConfigured

from chatsite.conf.env import invalid

ENCODED = "In names and passwords write @ as %40, / as %2F and : as %3A."


def split_url(name: str, url: str, form: str) -> SplitResult:
    """Split a URL whose port is a number. `form`: how a valid one looks, for the error."""
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises ValueError if it is none
    except ValueError:
        raise invalid_url(name, "is not a URL", form) from None
    return parts


def invalid_url(name: str, problem: str, form: str) -> ImproperlyConfigured:
    return invalid(name, f"{problem}. {form}", is_secret=True)
