"""The client for programs without asyncio. It runs in a thread of its own."""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Iterable, Iterator
from pathlib import Path
from threading import Thread
from types import TracebackType
from typing import Any, Self, TypeVar

from chatsite_client import files
from chatsite_client.client import Client
from chatsite_client.credentials import Credentials
from chatsite_client.events import Event
from chatsite_client.models import Attachment, Found, Message, Page, Person, Room
from chatsite_client.outbox import Post
from chatsite_client.state import SiteState

Result = TypeVar("Result")


class SyncClient:
    """The same as `Client`, with ordinary functions:

    with SyncClient("https://chat.example.org", token="…") as client:
        client.post(client.room("general"), "Hello")
    """

    def __init__(
        self, url: str, *, token: str = "", credentials: Credentials | None = None, outbox_folder: Path | None = None
    ) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, name="chatsite", daemon=True)
        self._options: dict[str, Any] = {"token": token, "credentials": credentials, "outbox_folder": outbox_folder}
        self._url = url
        self._client: Client

    def __enter__(self) -> Self:
        self._thread.start()
        try:
            self._client = self._call(self._make())
            self._call(self._client.connect())
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._call(self._client.close())
        self._stop()

    @property
    def state(self) -> SiteState:
        """The rooms, the people and who is online. Another thread keeps it current, so copy what you iterate over."""
        return self._client.state

    def room(self, name: str) -> Room:
        """Return the room with this slug, name or conversation partner. Raises LookupError."""
        return self._client.state.find_room(name)

    def events(self) -> Iterator[Event]:
        """Return the events from now on."""

        async def subscribe() -> AsyncIterator[Event]:
            return self._client.events()

        return self._read(self._call(subscribe()))

    def post(
        self, room: int | Room, body: str, *, reply_to: int | None = None, attachments: Iterable[str] = ()
    ) -> Message:
        return self._call(self._client.post(room, body, reply_to=reply_to, attachments=attachments))

    def queue(
        self, room: int | Room, body: str, *, reply_to: int | None = None, attachments: Iterable[str] = ()
    ) -> Post:
        """Put a message into the outbox, and return without waiting for the server."""

        async def add() -> Post:
            return self._client.queue(room, body, reply_to=reply_to, attachments=attachments)

        return self._call(add())

    def edit(self, message: Message, body: str) -> None:
        self._call(self._client.edit(message, body))

    def delete(self, message: int) -> None:
        self._call(self._client.delete(message))

    def react(self, message: int, emoji: str) -> None:
        self._call(self._client.react(message, emoji))

    def history(self, room: int, *, before: int | None = None) -> Page:
        return self._call(self._client.http.history(room, before=before))

    def search(self, query: str, *, before: int | None = None) -> Found:
        return self._call(self._client.http.search(query, before=before))

    def people(self, query: str = "") -> list[Person]:
        return self._call(self._client.http.people(query))

    def upload(self, room: int, path: Path, *, name: str = "") -> str:
        """Upload a file for a message in a room, and return the id to post it with."""
        return self._call(files.upload(self._client.http, room, path, name=name))

    def download(self, attachment: Attachment, path: Path) -> None:
        """Write an attachment to a new file."""
        with open(path, "xb") as file:
            self._call(files.download(self._client.http, attachment, file))

    def _read(self, reader: AsyncIterator[Event]) -> Iterator[Event]:
        while (event := self._call(_next_event(reader))) is not None:
            yield event

    async def _make(self) -> Client:
        return Client(self._url, **self._options)

    def _call(self, work: Coroutine[Any, Any, Result]) -> Result:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def _stop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


async def _next_event(reader: AsyncIterator[Event]) -> Event | None:
    return await anext(reader, None)
