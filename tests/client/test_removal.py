"""The open room is left, or the person is removed from it, while they are typing."""

import asyncio
import signal
from contextlib import ExitStack

from django.db import connection

from messaging.models import Message
from tests.client.test_app import (
    database_on_the_event_loop,  # noqa: F401
    running_app,
    shown,
    workshop,  # noqa: F401
)
from tests.factories import post
from tests.server import run_site
from tests.services import free_port
from tests.waiting import until

NOTICE = "You’re no longer in this room."


async def test_what_is_being_typed_reaches_no_other_room(uvicorn, ana, mira, everyone, workshop):  # noqa: F811
    post(workshop, mira.user, "For us alone")
    async with running_app(ana, uvicorn, room="workshop") as pilot, ana.client(uvicorn) as other:
        await shown(pilot, "For us alone")
        await pilot.press(*"secret")
        await other.http.leave(workshop.pk)
        await shown(pilot, NOTICE)
        assert not pilot.app.log_view.messages
        await pilot.press(*"!", "enter")
        await shown(pilot, "Choose a room first")
        assert pilot.app.composer.text == "secret!"
        await pilot.press("ctrl+k")
        await shown(pilot, "Go to a room or person")
        await pilot.press("enter")
        await until(lambda: pilot.app.session.room_id == everyone.pk, "another room is open")
        assert pilot.app.composer.text == ""
        assert not Message.objects.filter(body__contains="secret").exists()


def test_a_removal_is_noticed_when_the_connection_is_back(no_site, ana, mira, everyone, workshop, tmp_path):  # noqa: F811
    database, port = connection.settings_dict["NAME"], str(free_port())

    async def chat() -> None:
        sites = ExitStack()
        site = sites.enter_context(run_site("uvicorn", database, tmp_path / "site", PORT=port))
        async with running_app(ana, site, room="workshop") as pilot:
            site.process.send_signal(signal.SIGKILL)
            await asyncio.to_thread(sites.close)
            await shown(pilot, "Reconnecting")
            workshop.memberships.filter(user=ana.user).delete()
            with run_site("uvicorn", database, tmp_path / "site", PORT=port):
                await shown(pilot, NOTICE)
                assert pilot.app.session.room_id is None

    asyncio.run(chat())
