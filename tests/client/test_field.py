"""The field for messages: what can't be sent stays or returns there, and what is pasted is made safe."""

from textual.events import Paste
from textual.widgets import Input

from rooms.models import Room
from tests.client.test_app import (
    database_on_the_event_loop,  # noqa: F401
    enter,
    running_app,
    shown,
    workshop,  # noqa: F401
)
from tests.waiting import until


async def test_a_message_that_cannot_be_kept_stays_in_the_field(uvicorn, ana, everyone, tmp_path):
    (tmp_path / "file").touch()
    ana.folder = tmp_path / "file" / "outbox"
    async with running_app(ana, uvicorn) as pilot:
        await enter(pilot, "Hello")
        await shown(pilot, "The message can’t be kept in")
        assert pilot.app.composer.text == "Hello"


async def test_a_message_that_is_too_long_stays_in_the_field(uvicorn, ana, everyone):
    async with running_app(ana, uvicorn) as pilot:
        await enter(pilot, "word " * 4000)
        await shown(pilot, "The message is too long:")
        assert len(pilot.app.composer.text) == 19_999
        assert not pilot.app.client.waiting


async def test_a_refused_message_is_not_lost_although_another_one_was_begun(uvicorn, ana, mira, workshop):  # noqa: F811
    Room.objects.filter(pk=workshop.pk).update(is_read_only=True)
    async with running_app(ana, uvicorn, room="workshop") as pilot:
        app = pilot.app
        app.send("/etc/hosts")
        app.composer.put("More")
        await shown(pilot, "Not sent: //etc/hosts")
        assert app.composer.text == "More"
        app.composer.put("")
        app.send("Refused later")
        app.navigation.open(next(room for room in app.client.state.rooms if room != workshop.pk))
        await until(lambda: app.session.room_id != workshop.pk, "another room is shown")
        await until(lambda: app.writing.drafts.get(workshop.pk).body == "Refused later", "it is a draft")
        assert app.composer.text == ""


async def test_what_is_pasted_is_safe(uvicorn, ana):
    async with running_app(ana, uvicorn) as pilot:
        await pilot.app.on_event(Paste("one\x1b]0;evil\x07\n\ttwo\x9b2J\u202e"))
        await until(lambda: pilot.app.composer.text == "one\n\ttwo", lambda: repr(pilot.app.composer.text))
        await pilot.press("ctrl+k")
        await shown(pilot, "Go to a room or person")
        await pilot.app.on_event(Paste("evry\x9b2J\x07"))
        await until(lambda: pilot.app.screen.query_one(Input).value == "evry", "it is pasted into the dialog")
