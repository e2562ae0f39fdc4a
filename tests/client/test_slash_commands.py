"""The slash commands of a room, from the terminal."""

from collections.abc import Iterator

import pytest

from messaging.models import Message
from rooms.models import Room
from tests.client.test_app import database_on_the_event_loop, enter, running_app, screen_text, shown  # noqa: F401
from tests.client.test_plain import finish, terminal  # noqa: F401
from tests.factories import make_user
from tests.integration_server import add_deploy, integration_server, run_allowed_site
from tests.push_service import PushService
from tests.server import Site


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


def test_plain_output_has_the_answer(terminal, receiver):  # noqa: F811
    status, output, errors = finish(terminal("--room", "everyone"), "/deploy me Only you\n/deploy public Done\n")
    assert (status, errors) == (0, "")
    assert "/deploy, only for you: Only you\n" in output
    assert "Done" in output
    status, _output, errors = finish(terminal("--room", "everyone"), "/frobnicate\n")
    assert status == 1
    assert "There is no command /frobnicate" in errors
