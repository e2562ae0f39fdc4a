"""Settings of email: EMAIL_URL and DEFAULT_FROM_EMAIL."""

from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, unquote

from chatsite.conf.env import invalid, text
from chatsite.conf.urls import ENCODING_ADVICE, invalid_url, split_url

ADVICE = "Use a URL such as smtp+tls://user:password@mail.example.org:587."
PORTS = {"smtp": 25, "smtp+tls": 587, "smtps": 587, "smtp+ssl": 465}
OTHER_BACKENDS = {"consolemail": "console", "filemail": "filebased", "memorymail": "locmem", "dummymail": "dummy"}


def delivery() -> dict[str, Any]:
    """Return the settings for EMAIL_URL: EMAIL_DELIVERY_BACKEND and Django's EMAIL_HOST, EMAIL_PORT and so on."""
    url = text("EMAIL_URL", "consolemail://")
    parts = split_url("EMAIL_URL", url, f"{ADVICE} {ENCODING_ADVICE}")
    if parts.query or parts.fragment:
        raise invalid_url("EMAIL_URL", "has unknown parameters", f"{ADVICE} {ENCODING_ADVICE}")
    if parts.scheme in OTHER_BACKENDS:
        return _unsent_email(parts)
    if parts.scheme not in PORTS:
        raise invalid_url("EMAIL_URL", "is not the URL of a mail server", ADVICE)
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    if not parts.hostname or " " in parts.netloc or parts.path.strip("/") or bool(user) != bool(password):
        raise invalid_url(
            "EMAIL_URL", "has no server, or only one of username and password", f"{ADVICE} {ENCODING_ADVICE}"
        )
    if not (user + password).isascii():  # smtplib can't send them
        raise invalid_url("EMAIL_URL", "has a username or password that isn't ASCII", ADVICE)
    return {
        "EMAIL_DELIVERY_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": parts.port or PORTS[parts.scheme],
        "EMAIL_HOST_USER": user,
        "EMAIL_HOST_PASSWORD": password,
        "EMAIL_USE_TLS": parts.scheme in ("smtp+tls", "smtps"),
        "EMAIL_USE_SSL": parts.scheme == "smtp+ssl",
    }


def _unsent_email(parts: SplitResult) -> dict[str, Any]:
    backend = {"EMAIL_DELIVERY_BACKEND": f"django.core.mail.backends.{OTHER_BACKENDS[parts.scheme]}.EmailBackend"}
    if parts.scheme != "filemail":
        return backend
    if parts.netloc or not Path(unquote(parts.path)).is_dir():
        raise invalid_url("EMAIL_URL", "is not an existing folder", "Use a URL such as filemail:///var/mail.")
    return {**backend, "EMAIL_FILE_PATH": unquote(parts.path)}


def sender(site_host: str) -> str:
    """Return DEFAULT_FROM_EMAIL. The default is an address at `site_host`."""
    value = text("DEFAULT_FROM_EMAIL", f"chatsite@{site_host or 'localhost'}")
    address = value[value.find("<") + 1 : -1] if value.endswith(">") else value
    user, _, host = address.partition("@")
    if not user or not host or set(" @<>,") & {*user, *host}:
        raise invalid("DEFAULT_FROM_EMAIL", "is not an email address. Use one such as chat@example.org.")
    return value
