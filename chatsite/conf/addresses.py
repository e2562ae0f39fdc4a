"""Settings of addresses: the listening address, the site's URL and hosts, and trusted proxies."""

import ipaddress
import re
from urllib.parse import SplitResult, urlsplit

from django.http.request import validate_host

from chatsite.conf.env import invalid, items, text

LOOPBACK = ["localhost", "127.0.0.1", "[::1]"]
PORTS = {"http": 80, "https": 443}
EXAMPLE = "https://chat.example.org"

_LABEL = "[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?"
_HOST_NAME = re.compile(rf"(?=.{{1,253}}$){_LABEL}(\.{_LABEL})*")


def listening_host(site_url: str, port: int) -> str:
    """Return HOST. Require SITE_URL or ALLOWED_HOSTS if the server accepts connections from other machines."""
    host = text("HOST", "127.0.0.1")
    if not (_is_address(host) or _HOST_NAME.fullmatch(host.lower())):
        raise invalid("HOST", "is not an address. Set it to an IP address, such as 127.0.0.1, and set PORT separately.")
    if host not in ("localhost", "127.0.0.1", "::1") and not (site_url or items("ALLOWED_HOSTS")):
        raise invalid(
            "HOST",
            "accepts connections from other machines. Set SITE_URL to the URL of the site, "
            f"for example SITE_URL=http://192.168.1.5:{port}.",
        )
    return host


def site_url() -> str:
    """Return SITE_URL as in an Origin header: in lower case, without a path or a default port."""
    if not (value := text("SITE_URL")):
        return ""
    try:
        parts = urlsplit(value)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise _invalid_site_url("is not a URL") from None
    if not _is_origin(parts):
        raise _invalid_site_url("contains a path, a username or parameters")
    if parts.scheme not in PORTS or not (_is_address(host) or _HOST_NAME.fullmatch(host)):
        raise _invalid_site_url("is not the URL of a site")
    host = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{host}" + (f":{port}" if port not in (None, PORTS[parts.scheme]) else "")


def allowed_hosts(site_url: str) -> list[str]:
    """Return ALLOWED_HOSTS. The default is LOOPBACK and the host of SITE_URL."""
    own = host_in_url(site_url)
    if not (hosts := [host.lower() for host in items("ALLOWED_HOSTS")]):
        return [*LOOPBACK, *filter(None, [own])]
    if "*" in hosts and not site_url:
        raise invalid(
            "ALLOWED_HOSTS",
            "lets anyone choose the host of links in emails. "
            "Set SITE_URL to the URL of the site, or list its host names instead of *.",
        )
    for host in hosts:
        if not _is_allowed_host(host):
            raise invalid("ALLOWED_HOSTS", f"contains {host!r}. Use host names only, as in chat.example.org,10.0.0.5.")
    if own and not validate_host(own, hosts):
        raise invalid("ALLOWED_HOSTS", f"does not include the host of SITE_URL. Add {own}.")
    return hosts


def trusted_proxies() -> str:
    """Return TRUSTED_PROXIES, separated by commas as Uvicorn expects it."""
    proxies = items("TRUSTED_PROXIES")
    for proxy in proxies:
        try:
            ipaddress.ip_network(proxy)
        except ValueError as error:
            raise invalid(
                "TRUSTED_PROXIES", f"is invalid ({error}). Use addresses or networks, as in 127.0.0.1,10.0.0.0/8."
            ) from None
    return ",".join(proxies)


def host_in_url(url: str) -> str:
    """Return the host as in a Host header, with brackets around IPv6 addresses, or an empty string."""
    host = urlsplit(url).hostname or ""
    return f"[{host}]" if ":" in host else host


def _invalid_site_url(problem: str) -> Exception:
    return invalid("SITE_URL", f"{problem}. It must look like {EXAMPLE}.")


def _is_origin(parts: SplitResult) -> bool:
    return not (parts.path.strip("/") or parts.query or parts.fragment or "@" in parts.netloc)


def _is_allowed_host(host: str) -> bool:
    is_ipv6 = host.startswith("[") and host.endswith("]") and _is_address(host[1:-1])
    return host == "*" or is_ipv6 or bool(_HOST_NAME.fullmatch(host.removeprefix(".")))


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
