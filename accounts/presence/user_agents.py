"""Describes the browser and system in a User-Agent header. For display only, as clients can send any value."""

import re
from functools import lru_cache

from django.utils.translation import gettext as _

# The first match counts, because nearly every browser also names the browsers it is based on.
_PROGRAMS = [
    (r"Edg(?:e|A|iOS)?/(\d+)", "Edge"),
    (r"(?:OPR|Opera)/(\d+)", "Opera"),
    (r"SamsungBrowser/(\d+)", "Samsung Internet"),
    (r"Vivaldi/(\d+)", "Vivaldi"),
    (r"YaBrowser/(\d+)", "Yandex"),
    (r"DuckDuckGo/(\d+)", "DuckDuckGo"),
    (r"(?:Firefox|FxiOS)/(\d+)", "Firefox"),
    (r"HeadlessChrome/(\d+)", "Headless Chrome"),
    (r"(?:Chrome|CriOS)/(\d+)", "Chrome"),
    (r"Version/(\d+)[\d.]* (?:Mobile/\S+ )?Safari/", "Safari"),
    (r"AppleWebKit/", "WebKit"),
    (r"^(?:python-)?(curl|wget|httpx|requests|websockets|aiohttp)\b", ""),
    (r"^Python/\S+ (websockets|aiohttp)\b", ""),
]
_SYSTEMS = [
    (r"iPhone|iPod", "iPhone"),
    (r"iPad", "iPad"),
    (r"Android", "Android"),
    (r"Windows", "Windows"),
    (r"CrOS", "ChromeOS"),
    (r"Mac OS X|Macintosh", "macOS"),
    (r"Linux|X11", "Linux"),
]
_PAGE = re.compile(r"Mozilla/|Opera/")
_TERMINAL = re.compile(r"terminal|console|tty", re.IGNORECASE)


def describe(user_agent: str) -> str:
    """Return a description such as 'Firefox 145 on Linux', 'curl' or 'Unknown'."""
    program, system = _parse(user_agent)
    if system:
        return _("%(browser)s on %(system)s") % {"browser": program or _("Unknown browser"), "system": system}
    return program or _("Unknown")


def kind_of(user_agent: str) -> str:
    """Return 'page', 'terminal' or 'bot'. Terminal clients are recognized by name."""
    if _PAGE.match(user_agent):
        return "page"
    return "terminal" if _TERMINAL.search(user_agent) else "bot"


@lru_cache(maxsize=1024)
def _parse(user_agent: str) -> tuple[str, str]:
    return _program(user_agent), _system(user_agent)


def _program(user_agent: str) -> str:
    for pattern, name in _PROGRAMS:
        if found := re.search(pattern, user_agent, re.IGNORECASE):
            return " ".join(filter(None, [name, *found.groups()]))
    return ""


def _system(user_agent: str) -> str:
    return next((name for pattern, name in _SYSTEMS if re.search(pattern, user_agent)), "")
