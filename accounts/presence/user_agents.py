"""Which browser, on which system, a User-Agent names. Only to be shown: anybody can send any."""

import re
from functools import lru_cache

# The first that matches names it: nearly every browser also names those it descends from.
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
UNKNOWN = "Unknown"
_PAGE = re.compile(r"Mozilla/|Opera/")
_TERMINAL = re.compile(r"terminal|console|tty", re.IGNORECASE)


@lru_cache(maxsize=1024)
def describe(user_agent: str) -> str:
    """'Firefox 145 on Linux'; as much of it as can be told, or 'Unknown'."""
    program, system = _program(user_agent), _system(user_agent)
    if not system:
        return program or UNKNOWN
    return f"{program or 'Something'} on {system}"


def kind_of(user_agent: str) -> str:
    """'page', 'terminal' or 'bot': browsers all begin alike; a client for people at a terminal says so in its name."""
    if _PAGE.match(user_agent):
        return "page"
    return "terminal" if _TERMINAL.search(user_agent) else "bot"


def _program(user_agent: str) -> str:
    for pattern, name in _PROGRAMS:
        if found := re.search(pattern, user_agent, re.IGNORECASE):
            return " ".join(filter(None, [name, *found.groups()]))
    return ""


def _system(user_agent: str) -> str:
    return next((name for pattern, name in _SYSTEMS if re.search(pattern, user_agent)), "")
