"""The site over HTTP: history, search, people, rooms and blocks."""

from collections.abc import Iterable
from typing import Any, TypeVar

import httpx
import msgspec
from msgspec import Struct, field

from chatsite_client import paths
from chatsite_client.credentials import Credentials
from chatsite_client.errors import LoginRefused, Refused, Unreachable
from chatsite_client.models import Attachment, Found, Page, Person, Room

TIMEOUT = 30.0

Answer = TypeVar("Answer")


class _People(Struct):
    people: list[Person] = field(default_factory=list)


class _Rooms(Struct):
    rooms: list[Room] = field(default_factory=list)


class _Room(Struct):
    room: Room


class Files(Struct):
    """A page of a room's files, newest first. `next` is the `before` of the next page, if there is one."""

    files: list[Attachment] = field(default_factory=list)
    next: int | None = None


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
            status = (await self.client.get(paths.SESSION)).status_code
        except httpx.HTTPError:
            return None
        return {200: True, 401: False}.get(status)

    async def history(
        self, room: int, *, before: int | None = None, after: int | None = None, around: int | None = None
    ) -> Page:
        """Return a page of a room's messages: the newest, or those before, after or around a number (`seq`)."""
        query = {"before": before, "after": after, "around": around}
        return await self._get(paths.history(room), Page, **query)

    async def search(self, query: str, *, before: int | None = None) -> Found:
        """Find messages in all rooms, with the operators of the site's search such as `from:ana in:general`."""
        return await self._get(paths.SEARCH, Found, q=query, before=before)

    async def people(self, query: str = "", *, room: int | None = None) -> list[Person]:
        """Find people by the start of a name. With `room`, its members come first."""
        members = "first" if room is not None else None
        return (await self._get(paths.PEOPLE, _People, q=query, room=room, members=members)).people

    async def joinable_rooms(self, query: str = "") -> list[Room]:
        """Find up to ten public rooms that the account isn't in."""
        return (await self._get(paths.ROOMS, _Rooms, q=query)).rooms

    async def files(self, room: int, *, before: int | None = None) -> Files:
        """Return a page of a room's files, newest first."""
        return await self._get(paths.files(room), Files, before=before)

    async def join(self, room: int) -> Room:
        return (await self._send("POST", paths.membership(room), _Room)).room

    async def leave(self, room: int) -> None:
        await self._send("DELETE", paths.membership(room), dict[str, Any])

    async def open_conversation(self, usernames: Iterable[str]) -> Room:
        """Return the conversation with these people. There is only one for the same people."""
        return (await self._send("POST", paths.CONVERSATIONS, _Room, user=",".join(usernames))).room

    async def block(self, username: str) -> None:
        await self._send("POST", paths.block(username), dict[str, Any])

    async def unblock(self, username: str) -> None:
        await self._send("DELETE", paths.block(username), dict[str, Any])

    async def _get(self, path: str, kind: type[Answer], **query: object) -> Answer:
        values = {name: str(value) for name, value in query.items() if value is not None}
        return self._decode(await self.request("GET", path, params=values), kind)

    async def _send(self, method: str, path: str, kind: type[Answer], **fields: str) -> Answer:
        return self._decode(await self.request(method, path, data=fields), kind)

    async def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Send a request and return the response, unless it is an error."""
        try:
            response = await self.client.request(method, path, **options)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise Unreachable(f"{self.url} can’t be reached: {error or type(error).__name__}.") from None
        check(response)
        return response

    def _decode(self, response: httpx.Response, kind: type[Answer]) -> Answer:
        try:
            return msgspec.json.decode(response.content, type=kind)
        except (msgspec.DecodeError, msgspec.ValidationError):
            raise Unreachable(f"{self.url} sent something that this client can’t read.") from None


def check(response: httpx.Response) -> None:
    """Raise the error in a response. Its body must have been read."""
    if response.status_code < 400:
        return
    try:
        error = msgspec.json.decode(response.content, type=_Error)
    except (msgspec.DecodeError, msgspec.ValidationError):
        error = _Error(detail=f"The site refused this with status {response.status_code}.")
    if response.status_code == 401:
        raise LoginRefused(error.detail)
    wait = error.retry_after
    if wait is None and response.headers.get("Retry-After", "").isdigit():
        wait = float(response.headers["Retry-After"])
    raise Refused(error.code, error.detail, field=error.field, retry_after=wait)
