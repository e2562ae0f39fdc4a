"""One Chromium for all browser tests. Each user has their own profile, which is watched for errors."""

import os
import shutil
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone
from playwright.sync_api import Browser, expect, sync_playwright

from accounts.auth.hashers import Argon2PasswordHasher
from accounts.models import User
from messaging.models import Message
from messaging.posting.batch import Draft
from rooms.actions import join_default_rooms
from rooms.models import Room
from tests.e2e.browser import BrowserSession
from tests.e2e.proxy import Proxy
from tests.factories import make_user, post_drafts
from tests.requirements_present import program
from tests.server import Site, run_site

PASSWORD = "a long pass phrase"
# Hashed as in production, once for all tests.
STORED_PASSWORD = Argon2PasswordHasher().encode(PASSWORD, Argon2PasswordHasher().salt())
# --disable-gpu: rendering takes a seventh less CPU time than with an emulated graphics card.
CHROMIUM_ARGS = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-gpu"]

expect.set_options(timeout=30_000)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program("chromium"), args=CHROMIUM_ARGS)
        yield browser
        browser.close()


@pytest.fixture
def register(everyone) -> Callable[..., User]:
    """Return a function that creates an account with a password, in the default rooms."""

    def register(name: str, **fields: Any) -> User:
        user = make_user(name.split()[0].lower(), display_name=name, **fields)
        User.objects.filter(pk=user.pk).update(password=STORED_PASSWORD)
        user.refresh_from_db()
        join_default_rooms(user=user)
        return user

    return register


@pytest.fixture
def visit(browser, request) -> Callable[..., BrowserSession]:
    """Return a function that opens a browser session on a site, logged in if a user is given.

    After the test, fail if any of the sessions has reported an error. The sessions are closed before the site that they
    visit is stopped and the database is emptied, because a page would report that.
    """
    visitors: list[BrowserSession] = []

    def visit(site: Site | Proxy, user: User | None = None, **options: Any) -> BrowserSession:
        if not visitors:
            request.node.addfinalizer(leave)  # runs before the finalizers of the fixtures so far, such as the site's
        visitors.append(BrowserSession(browser, site.url, user, **options))
        return visitors[-1]

    def leave() -> None:
        if getattr(request.node, "has_failed", False):
            _take_screenshots(request.node.name, visitors)
        for visitor in visitors:
            visitor.context.close()
        assert [fault for visitor in visitors for fault in visitor.watch.faults] == []

    return visit


@pytest.fixture
def enter(visit, register) -> Callable[..., BrowserSession]:
    """Return a function that opens a session on a site for a User, or for a new user with the given name."""

    def enter(site: Site | Proxy, who: User | str, **options: Any) -> BrowserSession:
        return visit(site, register(who) if isinstance(who, str) else who, **options)

    return enter


@pytest.fixture
def proxy(uvicorn) -> Iterator[Proxy]:
    """Put a proxy that can be disconnected before the site."""
    proxy = Proxy(uvicorn.port)
    yield proxy
    proxy.close()


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory) -> Path:
    """Return the path of a migrated database without any account."""
    path = tmp_path_factory.mktemp("empty") / "empty.sqlite3"
    values = {"DATABASE_URL": f"sqlite:///{path}", "SECRET_KEY": settings.SECRET_KEY}
    command = [sys.executable, "manage.py", "migrate", "-v", "0"]
    subprocess.run(command, env={**os.environ, **values}, check=True)
    return path


@pytest.fixture(params=["uvicorn", "daphne"])
def fresh_site(request, empty_database, tmp_path) -> Iterator[Site]:
    shutil.copy(empty_database, tmp_path / "fresh.sqlite3")
    with run_site(request.param, tmp_path / "fresh.sqlite3", tmp_path / "data") as site:
        yield site


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Any:
    report = yield
    if report.when == "call" and report.failed:
        item.has_failed = True  # type: ignore[attr-defined]
    return report


def post_messages(room: Room, sender: User, *texts: str, at: datetime | None = None) -> list[Message]:
    """Post these texts a minute apart, the last one now or at `at`."""
    end = at or timezone.now()
    times = [end - timedelta(minutes=n) for n in range(len(texts) - 1, -1, -1)]
    drafts = [Draft(sender.pk, room.pk, uuid.uuid4(), text, None, at=at) for text, at in zip(texts, times, strict=True)]
    messages = post_drafts(drafts)
    assert all(isinstance(message, Message) for message in messages), messages
    return messages  # type: ignore[return-value]


def stored_texts(room: Room) -> list[str]:
    """Return the stored messages' texts in order."""
    return list(Message.objects.filter(room=room).order_by("seq").values_list("body", flat=True))


def screenshot_path(name: str) -> Path:
    """Return the path of a screenshot of a failed test."""
    folder = Path(settings.DATA_DIR) / "failed"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{name.replace('/', '-')}.png"


def _take_screenshots(name: str, visitors: list[BrowserSession]) -> None:
    for number, visitor in enumerate(visitors):
        for page in visitor.context.pages:
            path = screenshot_path(f"{name}-{number}-{visitor.context.pages.index(page)}")
            page.screenshot(path=path)
            print(f"{path}: {page.url}")
