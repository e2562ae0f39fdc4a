"""The site's paths. No other module spells one."""

LOGIN = "/accounts/login/"
LOGOUT = "/accounts/logout/"
SUSPENDED = "/accounts/inactive/"
SOCKET = "/ws/"
UPLOADS = "/uploads/"

_API = "/api/v1"
ME = f"{_API}/me"
SEARCH = f"{_API}/search"
PEOPLE = f"{_API}/people"
DIRECTORY = f"{_API}/directory/rooms"
CONVERSATIONS = f"{_API}/conversations"
SAVED = f"{_API}/saved"
MENTIONS = f"{_API}/mentions"


def history(room: int) -> str:
    return f"{_API}/rooms/{room}/messages"


def membership(room: int) -> str:
    return f"{_API}/rooms/{room}/membership"


def files(room: int) -> str:
    return f"{_API}/rooms/{room}/files"


def person(person: int) -> str:
    return f"{PEOPLE}/{person}"


def block(person: int) -> str:
    return f"{PEOPLE}/{person}/block"


def pins(room: int) -> str:
    return f"{_API}/rooms/{room}/pins"


def slash_commands(room: int) -> str:
    return f"{_API}/rooms/{room}/commands"


def thread(room: int, thread: int) -> str:
    return f"{_API}/rooms/{room}/threads/{thread}"


def follow(room: int, thread: int) -> str:
    return f"{_API}/rooms/{room}/threads/{thread}/follow"


def message(message: int) -> str:
    return f"{_API}/messages/{message}"


def saved(message: int) -> str:
    return f"{_API}/messages/{message}/saved"
