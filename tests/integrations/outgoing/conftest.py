"""Fixtures for outgoing webhooks: a server that receives messages, a room with a webhook, and what delivers them."""

import asyncio
import threading
from types import SimpleNamespace

import pytest

from accounts.models import User
from integrations.models import OutgoingWebhook
from integrations.outgoing import worker
from integrations.outgoing.actions import create_webhook
from integrations.outgoing.worker import WebhookWorker
from messaging.posting.writer import Writer
from messaging.uploads.receiver import UploadReceiver
from rooms.models import Room
from tests.factories import make_room, make_user


@pytest.fixture
def ana(db) -> User:
    return make_user("ana")


@pytest.fixture
def room(ana) -> Room:
    return make_room("Garden", owner=ana)


@pytest.fixture
def make_webhook(ana, room, receiver):
    def make(trigger: str = "all", **fields: str) -> OutgoingWebhook:
        values = {"bot": "gardener", "url": f"https://{receiver.host}/hook", "words": "", "dialect": "chatsite"}
        values |= {"origin": "https://chat.example.org", **fields}
        webhook, make.secret = create_webhook(actor=ana, room=room, trigger=trigger, **values)
        return webhook

    return make


class Background:
    """The worker of a server process, with the writer that posts answers, on an event loop in a thread."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=[self._run()], daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    async def _run(self) -> None:
        writer, uploads = Writer(), UploadReceiver()
        running = WebhookWorker(SimpleNamespace(writer=writer, uploads=uploads))
        await self._stop.wait()
        await running.stop()
        await writer.finish()
        await writer.stop()
        await uploads.stop()


@pytest.fixture
def start(receiver, monkeypatch):
    """Return a function that starts a worker."""
    monkeypatch.setattr(worker, "POLL_SECONDS", 0.02)
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
