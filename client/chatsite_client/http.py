"""The site over its HTTP API: history, search, people, rooms and blocks."""

from collections.abc import Iterable
from typing import Any, TypeVar

import httpx
import msgspec
from msgspec import Struct, field

from chatsite_client import paths
from chatsite_client.credentials import Credentials
from chatsite_client.errors import LoginRefused, Refused, unreachable, unreadable
from chatsite_client.i18n import gettext as _
from chatsite_client.models import Attachment, Found, MentionsPage, Message, Page, Person, Room, SavedPage, SlashCommand

TIMEOUT = 30.0

Answer = TypeVar("Answer")


class _People(Struct):
    people: list[Person] = field(default_factory=list)


class _Messages(Struct):
    messages: list[Message] = field(default_factory=list)


class _Commands(Struct):
    commands: list[SlashCommand] = field(default_factory=list)


class _Rooms(Struct):
    rooms: list[Room] = field(default_factory=list)


class Files(Struct):
    """A page of a room's files, newest first. `next` is the `before` of the next page, if there is one."""

    files: list[Attachment] = field(default_factory=list)
    next: str | None = None


class _Error(Struct):
    code: str = "invalid"
    detail: str = ""
    field: str | None = None
    retry_after: float | None = None


class HttpSite:
    """Requests with the account's credentials. All methods raise Refused, LoginRefused or Unreachable."""

    def __init__(self, url: str, credentials: Credentials) -> None:
        self.url = url
        headers = {"Accept": "application/json", **credentials.headers(url)}
        self.client = httpx.AsyncClient(base_url=url, headers=headers, timeout=TIMEOUT)

    async def close(self) -> None:
        await self.client.aclose()

    async def is_logged_in(self) -> bool | None:
        """Return whether the credentials are still valid, or None if the site can't say so."""
        try:
            status = (await self.client.get(paths.ME)).status_code
        except httpx.HTTPError:
            return None
        return {200: True, 401: False}.get(status)

    async def history(
        self, room: int, *, before: int | None = None, after: int | None = None, around: int | None = None
    ) -> Page:
        """Return a page of a room's messages: the newest, or those before, after or around a number (`seq`)."""
        query = {"before": before, "after": after, "around": around}
        return await self._get(paths.history(room), Page, **query)

    async def thread(self, room: int, thread: int, *, before: int | None = None) -> Page:
        """Return a thread's first message and the newest replies, or those before a number (`seq`)."""
        return await self._get(paths.thread(room, thread), Page, before=before)

    async def message(self, message: int) -> Message:
        return await self._get(paths.message(message), Message)

    async def pins(self, room: int) -> list[Message]:
        """Return a room's pinned messages, the most recently pinned first."""
        return (await self._get(paths.pins(room), _Messages)).messages

    async def slash_commands(self, room: int) -> list[SlashCommand]:
        """Return the slash commands that can be run in a room."""
        return (await self._get(paths.slash_commands(room), _Commands)).commands

    async def mentions(self, *, before: int | None = None) -> MentionsPage:
        """Return the messages that mention you, the newest first."""
        return await self._get(paths.MENTIONS, MentionsPage, before=before)

    async def saved(self, *, before: str | None = None) -> SavedPage:
        """Return the messages that you saved for later, the latest first."""
        return await self._get(paths.SAVED, SavedPage, before=before)

    async def search(self, query: str, *, before: int | None = None) -> Found:
        """Find messages in all rooms, with the operators of the site's search such as `from:ana in:general`."""
        return await self._get(paths.SEARCH, Found, q=query, before=before)

    async def people(self, query: str = "", *, room: int | None = None) -> list[Person]:
        """Find people by the start of a name: up to 20 of the site, or of a room's members."""
        return (await self._get(paths.PEOPLE, _People, q=query, room=room)).people

    async def find_person(self, username: str) -> Person:
        """Return the person with this username. Raises Refused."""
        for person in await self.people(username):
            if person.username.casefold() == username.casefold():
                return person
        text = _("There is no one with the username {username}.").format(username=username)
        raise Refused("not_found", text, field="username")

    async def person(self, person: int) -> Person:
        return await self._get(paths.person(person), Person)

    async def joinable_rooms(self, query: str = "") -> list[Room]:
        """Find public rooms that the account isn't in."""
        return [room for room in (await self._get(paths.DIRECTORY, _Rooms, q=query)).rooms if room.role is None]

    async def files(self, room: int, *, before: str | None = None) -> Files:
        """Return a page of a room's files, newest first."""
        return await self._get(paths.files(room), Files, before=before)

    async def join(self, room: int) -> Room:
        return self._decode(await self.request("PUT", paths.membership(room), json={}), Room)

    async def leave(self, room: int) -> None:
        await self.request("DELETE", paths.membership(room))

    async def open_conversation(self, people: Iterable[int]) -> Room:
        """Return the conversation with these people. There is only one for the same people."""
        return self._decode(await self.request("POST", paths.CONVERSATIONS, json={"users": list(people)}), Room)

    async def follow(self, room: int, thread: int) -> None:
        await self.request("PUT", paths.follow(room, thread), json={})

    async def unfollow(self, room: int, thread: int) -> None:
        await self.request("DELETE", paths.follow(room, thread))

    async def save(self, message: int) -> None:
        """Save a message for later."""
        await self.request("PUT", paths.saved(message), json={})

    async def unsave(self, message: int) -> None:
        await self.request("DELETE", paths.saved(message))

    async def block(self, person: int) -> None:
        await self.request("PUT", paths.block(person), json={})

    async def unblock(self, person: int) -> None:
        await self.request("DELETE", paths.block(person))

    async def _get(self, path: str, kind: type[Answer], **query: object) -> Answer:
        values = {name: str(value) for name, value in query.items() if value is not None}
        return self._decode(await self.request("GET", path, params=values), kind)

    async def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Send a request and return the response, unless it is an error."""
        try:
            response = await self.client.request(method, path, **options)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise unreachable(self.url, error) from None
        check(response)
        return response

    def _decode(self, response: httpx.Response, kind: type[Answer]) -> Answer:
        try:
            return msgspec.json.decode(response.content, type=kind)
        except (msgspec.DecodeError, msgspec.ValidationError):
            raise unreadable(self.url) from None


def check(response: httpx.Response) -> None:
    """Raise the error in a response. Its body must have been read."""
    if response.status_code < 400:
        return
    try:
        error = msgspec.json.decode(response.content, type=_Error)
    except (msgspec.DecodeError, msgspec.ValidationError):
        error = _Error(detail=_("The site refused this with status {status}.").format(status=response.status_code))
    if response.status_code == 401:
        raise LoginRefused(error.detail)
    wait = error.retry_after
    retry_after = response.headers.get("Retry-After", "")
    if wait is None and retry_after.isascii() and retry_after.isdecimal():
        wait = float(retry_after)
    raise Refused(error.code, error.detail, field=error.field, retry_after=wait)
