"""The host names that the site responds to."""

from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from chatsite.conf.env import env

LOOPBACK = ["localhost", "127.0.0.1", "[::1]"]


def allowed_hosts(site_url: str) -> list[str]:
    """Return ALLOWED_HOSTS or, by default, the names of this machine and of the site. Raises ImproperlyConfigured."""
    site_host = urlsplit(site_url).hostname
    names: list[str] = env.list("ALLOWED_HOSTS", default=[*LOOPBACK, *([site_host] if site_host else [])])
    if "*" in names and not site_url:
        raise ImproperlyConfigured(
            "ALLOWED_HOSTS=* lets anyone choose the host in the links of emails. "
            "Set SITE_URL to the address of the site, or list its host names in ALLOWED_HOSTS."
        )
    return names
