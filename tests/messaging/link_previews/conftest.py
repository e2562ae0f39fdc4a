"""Fixtures for link previews: a web server that the site may reach, and the worker of a server process."""

import asyncio
import threading
from collections.abc import Iterator

import pytest

from messaging.attachments.sandbox.inspector import Inspector
from messaging.link_previews import fetching
from messaging.models import LinkPreview, Message, MessageLink
from messaging.runtime import link_preview_worker
from messaging.runtime.link_preview_worker import LinkPreviewWorker
from tests.page_server import PageServer, page_server
from tests.waiting import wait_until


@pytest.fixture
def web(no_site, settings) -> Iterator[PageServer]:
    with page_server() as server:
        settings.LINK_PREVIEWS = True
        settings.LINK_PREVIEWS_ALLOWED_HOSTS = [server.host, f"other.localhost:{server.port}"]
        yield server


class Background:
    """The worker of a server process, on an event loop in a thread."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=[self._run()], daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    async def _run(self) -> None:
        inspector = Inspector()
        worker = LinkPreviewWorker(inspector)
        await self._stop.wait()
        await worker.stop()
        await inspector.stop()


@pytest.fixture
def start(web, monkeypatch):
    """Return a function that starts a worker."""
    monkeypatch.setattr(link_preview_worker, "POLL_SECONDS", 0.02)
    monkeypatch.setattr(fetching, "SECONDS", 5.0)
    started: list[Background] = []

    def start() -> Background:
        started.append(Background())
        return started[-1]

    yield start
    for each in started:
        each.stop()


@pytest.fixture
def finish(start):
    """Return a function that waits until nothing is left to do, and returns a message as it is then."""
    start()

    def finish(message: Message) -> Message:
        wait_until(lambda: not MessageLink.objects.filter(is_pending=True).exists(), "the previews")
        assert not LinkPreview.objects.filter(due_at__isnull=False).exists()
        return Message.objects.get(pk=message.pk)

    return finish
