"""The client for programs without asyncio. It runs in a thread of its own."""

from collections.abc import AsyncIterator, Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from chatsite_client import files
from chatsite_client.blocking import Blocking, EventLoop, blocking
from chatsite_client.client import Client
from chatsite_client.credentials import Credentials
from chatsite_client.events import Event
from chatsite_client.http import HttpSite
from chatsite_client.models import Attachment, Room
from chatsite_client.outbox import Post
from chatsite_client.state import SiteState


class SyncHttpSite(Blocking[HttpSite]):
    """The same as `HttpSite`, with ordinary functions."""

    def __init__(self, loop: EventLoop, site: HttpSite) -> None:
        self._loop = loop
        self._target = site
        self.url = site.url

    is_logged_in = blocking(HttpSite.is_logged_in)
    history = blocking(HttpSite.history)
    thread = blocking(HttpSite.thread)
    message = blocking(HttpSite.message)
    pins = blocking(HttpSite.pins)
    slash_commands = blocking(HttpSite.slash_commands)
    mentions = blocking(HttpSite.mentions)
    saved = blocking(HttpSite.saved)
    search = blocking(HttpSite.search)
    people = blocking(HttpSite.people)
    find_person = blocking(HttpSite.find_person)
    person = blocking(HttpSite.person)
    joinable_rooms = blocking(HttpSite.joinable_rooms)
    files = blocking(HttpSite.files)
    join = blocking(HttpSite.join)
    leave = blocking(HttpSite.leave)
    open_conversation = blocking(HttpSite.open_conversation)
    follow = blocking(HttpSite.follow)
    unfollow = blocking(HttpSite.unfollow)
    save = blocking(HttpSite.save)
    unsave = blocking(HttpSite.unsave)
    block = blocking(HttpSite.block)
    unblock = blocking(HttpSite.unblock)


class SyncClient(Blocking[Client]):
    """The same as `Client`, with ordinary functions:

    with SyncClient("https://chat.example.org", token="…") as client:
        client.post(client.room("general"), "Hello")
    """

    http: SyncHttpSite

    def __init__(
        self, url: str, *, token: str = "", credentials: Credentials | None = None, outbox_folder: Path | None = None
    ) -> None:
        self._loop = EventLoop()
        self._options: dict[str, Any] = {"token": token, "credentials": credentials, "outbox_folder": outbox_folder}
        self._url = url

    def __enter__(self) -> Self:
        self._loop.start()
        try:
            self._target = self._loop.run(self._make())
            self.http = SyncHttpSite(self._loop, self._target.http)
            self._loop.run(self._target.connect())
        except BaseException:
            self._loop.stop()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._loop.run(self._target.close())
        self._loop.stop()

    @property
    def url(self) -> str:
        return self._target.url

    @property
    def state(self) -> SiteState:
        """The rooms, the people and who is online. Another thread keeps it current, so copy what you iterate over."""
        return self._target.state

    @property
    def is_connected(self) -> bool:
        return self._target.is_connected

    @property
    def waiting(self) -> list[Post]:
        """The messages that the server hasn't confirmed yet."""

        async def copy() -> list[Post]:
            return self._target.waiting

        return self._loop.run(copy())

    def room(self, name: str) -> Room:
        """Return the room with this slug, name or conversation partner. Raises LookupError."""
        return self._target.state.find_room(name)

    def events(self) -> Iterator[Event]:
        """Return the events from now on."""

        async def subscribe() -> AsyncIterator[Event]:
            return self._target.events()

        return self._read(self._loop.run(subscribe()))

    def queue(
        self, room: int | Room, body: str, *, reply_to: int | None = None, attachments: Iterable[str] = ()
    ) -> Post:
        """Put a message into the outbox, and return without waiting for the server."""

        async def add() -> Post:
            return self._target.queue(room, body, reply_to=reply_to, attachments=attachments)

        return self._loop.run(add())

    post = blocking(Client.post)
    edit = blocking(Client.edit)
    delete = blocking(Client.delete)
    react = blocking(Client.react)
    unreact = blocking(Client.unreact)
    mark_read = blocking(Client.mark_read)
    mark_unread = blocking(Client.mark_unread)
    mark_thread_read = blocking(Client.mark_thread_read)
    mark_mentions_read = blocking(Client.mark_mentions_read)
    pin = blocking(Client.pin)
    unpin = blocking(Client.unpin)
    set_draft = blocking(Client.set_draft)
    run_command = blocking(Client.run_command)
    typing = blocking(Client.typing)
    flush = blocking(Client.flush)

    def upload(self, room: int, path: Path, *, name: str = "") -> str:
        """Upload a file for a message in a room, and return the id to post it with."""
        return self._loop.run(files.upload(self._target.http, room, path, name=name))

    def download(self, attachment: Attachment, path: Path) -> None:
        """Write an attachment to a new file."""
        with open(path, "xb") as file:
            self._loop.run(files.download(self._target.http, attachment, file))

    def _read(self, reader: AsyncIterator[Event]) -> Iterator[Event]:
        while (event := self._loop.run(_next_event(reader))) is not None:
            yield event

    async def _make(self) -> Client:
        return Client(self._url, **self._options)


async def _next_event(reader: AsyncIterator[Event]) -> Event | None:
    return await anext(reader, None)
