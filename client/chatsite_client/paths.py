"""The site's HTTP paths. No other module spells one."""

from urllib.parse import quote

LOGIN = "/accounts/login/"
LOGOUT = "/accounts/logout/"
SECOND_FACTOR = "/accounts/2fa/authenticate/"
SESSION = "/session/"
SOCKET = "/ws/"
UPLOADS = "/uploads/"
SEARCH = "/search/messages/"
PEOPLE = "/people/search/"
ROOMS = "/rooms/"
CONVERSATIONS = "/direct/new/"


def history(room: int) -> str:
    return f"/rooms/{room}/messages/"


def membership(room: int) -> str:
    return f"/rooms/{room}/membership/"


def files(room: int) -> str:
    return f"/rooms/{room}/files/"


def block(username: str) -> str:
    return f"/people/{quote(username, safe='')}/block/"
