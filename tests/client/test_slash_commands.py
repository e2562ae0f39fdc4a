"""The slash commands of a room, from the terminal."""

import asyncio
from collections.abc import Iterator

import pytest

from messaging.models import Message
from rooms.models import Room
from tests.client.test_app import database_on_the_event_loop, enter, running_app, screen_text, shown  # noqa: F401
from tests.client.test_plain import finish, terminal  # noqa: F401
from tests.factories import make_user
from tests.integration_server import add_deploy, integration_server, respond, run_allowed_site
from tests.push_service import PushService
from tests.server import Site

pytestmark = pytest.mark.slow


@pytest.fixture
def receiver(tmp_path, no_site, settings) -> Iterator[PushService]:
    with integration_server(tmp_path, settings) as receiver:
        yield receiver


@pytest.fixture
def room(transactional_db, everyone, receiver) -> Room:
    owner = make_user("owner")
    everyone.memberships.create(user=owner, role="owner")
    add_deploy(everyone, owner, receiver)
    return everyone


@pytest.fixture
def uvicorn(room, receiver, tmp_path) -> Iterator[Site]:
    with run_allowed_site(receiver, tmp_path / "site") as site:
        yield site


async def test_commands_are_run_and_answered(uvicorn, ana, mira):
    async with running_app(ana, uvicorn) as pilot, running_app(mira, uvicorn) as other:
        await enter(pilot, "/deploy me Only *you*\x1b[31m")
        await shown(pilot, "/deploy, only for you: Only *you*")
        await enter(pilot, "/Deploy public main is there")
        for each in (pilot, other):
            await shown(each, "main is there")
        assert "only for you" not in screen_text(other.app)
        await enter(pilot, "/deploy fail")
        await shown(pilot, "500")
        assert pilot.app.composer.text == "/deploy fail"
        await enter(pilot, "/help")
        await pilot.press("end")
        await shown(pilot, "Put a branch on the server")
    assert [message.body for message in Message.objects.all()] == ["main is there"]


async def test_later_answers_replace_or_remove_their_lines(uvicorn, ana, receiver):
    async with running_app(ana, uvicorn) as pilot:
        await enter(pilot, "/deploy me Deploying")
        await shown(pilot, "Deploying")
        assert await asyncio.to_thread(
            respond, uvicorn, receiver, {"text": "Almost there", "replace_original": True}
        ) == (200, "ok")
        await shown(pilot, "Almost there")
        assert "Deploying" not in screen_text(pilot.app)
        assert await asyncio.to_thread(respond, uvicorn, receiver, {"delete_original": True}) == (200, "ok")
        await enter(pilot, "/deploy public Done")
        await shown(pilot, "Done")
        assert "Almost there" not in screen_text(pilot.app)


def test_plain_output_has_the_answer(terminal, receiver):  # noqa: F811
    status, output, errors = finish(terminal("--room", "everyone"), "/deploy me Only you\n/deploy public Done\n")
    assert (status, errors) == (0, "")
    assert "/deploy, only for you: Only you\n" in output
    assert "Done" in output
    status, _output, errors = finish(terminal("--room", "everyone"), "/frobnicate\n")
    assert status == 1
    assert "There is no command /frobnicate" in errors
