"""Text typed before a room has opened isn't lost."""

import asyncio

import pytest
from django.db import connection

from chatsite_client import Client
from messaging.models import RoomDraft
from tests.client.test_app import room_shown, starting_app
from tests.server import run_site
from tests.services import free_port

pytestmark = pytest.mark.slow


@pytest.fixture
def write_ahead(no_site, ana, everyone, tmp_path):
    """Return a function that types before the site can be reached, and once a room is shown.

    It returns the text in the field at both times.
    """
    database, port = connection.settings_dict["NAME"], str(free_port())

    async def write(before: str, afterwards: list[str]) -> tuple[str, str]:
        client = Client(f"http://127.0.0.1:{port}", credentials=ana.credentials, outbox_folder=ana.folder)
        async with starting_app(client) as pilot:
            await pilot.press(*before)
            with run_site("uvicorn", database, tmp_path / "site", PORT=port):
                await room_shown(pilot)
                found = pilot.app.composer.text
                await pilot.press(*afterwards)
                return found, pilot.app.composer.text

    def store_draft_and_write(draft: str, before: str, *afterwards: str) -> tuple[str, str]:
        RoomDraft.objects.create(user=ana.user, room=everyone, body=draft, version=1)
        return asyncio.run(write(before, list(afterwards)))

    return store_draft_and_write


def test_a_message_is_kept(write_ahead):
    assert write_ahead("", "Hel", "l", "o") == ("Hel", "Hello")


def test_a_message_follows_the_draft(write_ahead):
    assert write_ahead("Before", "Hel", "l", "o") == ("Before\nHel", "Before\nHello")


def test_a_command_is_kept_and_the_draft_returns_after_it(write_ahead):
    assert write_ahead("Before", "/w", "h", "o", "enter") == ("/w", "Before")
    assert RoomDraft.objects.get().body == "Before"


def test_a_command_that_is_deleted_gives_way_to_the_draft(write_ahead):
    assert write_ahead("Before", "/", "backspace") == ("/", "Before")
