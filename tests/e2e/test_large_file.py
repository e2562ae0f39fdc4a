"""A large upload completes although the server is killed half-way."""

import hashlib
import os
import signal
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
from django.db import connection
from playwright.sync_api import expect

from tests.e2e.files import tray
from tests.e2e.proxy import Proxy
from tests.live_client import session_of
from tests.server import Site, run_site
from tests.waiting import wait_until

SIZE = 300_000_000
BLOCK = os.urandom(1_000_000)


class KillableServer:
    """A server that tests can kill and start again at the same address."""

    def __init__(self, data_dir: Path) -> None:
        self.proxy = Proxy(0)
        self.url = self.proxy.url
        self.data_dir = data_dir
        self._running = ExitStack()
        self.site: Site

    def start(self) -> None:
        database = connection.settings_dict["NAME"]
        self.site = self._running.enter_context(run_site("uvicorn", database, self.data_dir, CHAT_MAX_FILE_MB="400"))
        self.proxy.target = self.site.port

    def kill(self) -> None:
        os.kill(self.site.process.pid, signal.SIGKILL)
        self.site.process.wait()
        self._running.close()


@pytest.fixture
def server(transactional_db, everyone, tmp_path):
    server = KillableServer(tmp_path / "data")
    server.start()
    yield server
    server.kill()
    server.proxy.close()


@pytest.fixture
def film(tmp_path):
    """Return the path and the SHA-256 of a file whose megabytes all differ."""
    path, digest = tmp_path / "film.bin", hashlib.sha256()
    with path.open("wb") as file:
        for number in range(SIZE // len(BLOCK)):
            block = number.to_bytes(4) + BLOCK[4:]
            file.write(block)
            digest.update(block)
    return path, digest.hexdigest()


@pytest.mark.slow
def test_a_large_upload_survives_a_killed_server(server, enter, register, everyone, film):
    path, digest = film
    ana, mira = enter(server, "Ana Ferreira").open(everyone), register("Mira Sol")
    ana.watch.allow_connection_errors()
    ana.page.locator("#files").set_input_files(path)
    uploads = server.data_dir / "uploads"
    wait_until(lambda: sum(part.stat().st_size for part in uploads.glob("*-*")) > SIZE / 2, "half of it is there")
    server.kill()
    had = max(part.stat().st_size for part in uploads.glob("*-*"))
    assert SIZE / 2 <= had < SIZE
    server.start()
    expect(tray(ana, "film.bin")).to_have_attribute("data-state", "ready", timeout=90_000)
    ana.send("The film")
    ana.sees_all_sent()
    expect(ana.page.locator(".msg__files")).to_contain_text("film.bin")

    address = ana.page.evaluate("() => document.querySelector('.msg a[href*=\"/attachments/\"]').getAttribute('href')")
    received, count = hashlib.sha256(), 0
    with httpx.stream("GET", server.site.url + address, cookies={"sessionid": session_of(mira)}) as answer:
        for chunk in answer.iter_raw():
            received.update(chunk)
            count += len(chunk)
    assert (count, received.hexdigest()) == (SIZE, digest)
    assert not [part for part in uploads.iterdir() if part.is_file()]
