"""Fixtures for slash commands: a server that answers them, a room with a command, and what runs them."""

import asyncio
import threading
import uuid
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from accounts.models import User
from integrations.models import SlashCommand
from integrations.slash_commands.actions import create_command
from integrations.slash_commands.runner import CommandRunner
from messaging.posting.previews import Previews
from messaging.posting.writer import Writer
from messaging.runtime.handlers import Reply
from messaging.runtime.protocol import RunCommand
from rooms.errors import Refusal
from rooms.models import Room
from tests.factories import make_member, make_room, make_user
from tests.integration_server import run_allowed_site
from tests.server import Site


@pytest.fixture
def ana(db) -> User:
    return make_user("ana", display_name="Ana")


@pytest.fixture
def ben(room) -> User:
    return make_member(room, make_user("ben", display_name="Ben"))


@pytest.fixture
def admin(db) -> User:
    return make_user("admin", is_staff=True, is_superuser=True)


@pytest.fixture
def room(ana) -> Room:
    return make_room("Garden", owner=ana)


@pytest.fixture
def make_command(ana, room, receiver):
    """Return a function that adds a command to the room or, with `room=None`, to the site."""

    def make(name: str = "deploy", *, actor: User = ana, room: Room | None = room, **fields: str) -> SlashCommand:
        values = {"description": "Deploy a branch", "argument_hint": "[branch]", "bot": "gardener"}
        values |= {"url": f"https://{receiver.host}/hook", "dialect": "chatsite", "origin": "https://chat.example.org"}
        command, make.secret = create_command(actor=actor, room=room, name=name, **values | fields)
        return command

    return make


class Background:
    """The parts of a server process that run commands, and post and render their answers, on an event loop in a thread."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._stop, self._started = asyncio.Event(), threading.Event()
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=[self._serve()], daemon=True)
        self._thread.start()
        self._started.wait()

    def begin(self, user: User, room: Room, command: str = "deploy", text: str = "", **fields: Any) -> Any:
        """Run a command, and return a future of its Reply or Refusal."""
        fields = {"client_id": uuid.uuid4(), **fields}
        wanted = RunCommand(ref="1", room=room.pk, command=command, text=text, **fields)

        async def run() -> Reply | Refusal:
            result = asyncio.get_running_loop().create_future()
            self.engine.slash_commands.submit(user, wanted, result.set_result)
            return await result

        return asyncio.run_coroutine_threadsafe(run(), self._loop)

    def run(self, *args: Any, **fields: Any) -> dict[str, Any]:
        """Run a command, and return the fields of its reply. Raises Refusal."""
        result = self.begin(*args, **fields).result(20)
        if isinstance(result, Refusal):
            raise result
        return result.fields

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    async def _serve(self) -> None:
        self.engine = SimpleNamespace(writer=Writer(), previews=Previews(), is_closing=False)
        runner = CommandRunner(self.engine)
        self._started.set()
        await self._stop.wait()
        await runner.stop()
        await self.engine.writer.finish()
        await self.engine.writer.stop()
        await self.engine.previews.stop()


@pytest.fixture
def start(receiver) -> Iterator[Callable[[], Background]]:
    """Return a function that starts what runs commands."""
    started: list[Background] = []

    def start() -> Background:
        started.append(Background())
        return started[-1]

    yield start
    for each in started:
        each.stop()


@pytest.fixture
def running(start) -> Background:
    return start()


@pytest.fixture
def serve(receiver, tmp_path, everyone):
    """Return a function that serves a site which may send requests to the receiver, as a context manager."""

    def serve(name: str = "site", **environment: str) -> Any:
        return run_allowed_site(receiver, tmp_path / name, **environment)

    return serve


@pytest.fixture
def site(serve) -> Iterator[Site]:
    with serve() as site:
        yield site
