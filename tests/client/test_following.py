"""Scrolling of the terminal client: the end of the conversation and the open room stay in view."""

import asyncio

from rooms.models import Membership, Room
from tests.client.test_app import (
    database_on_the_event_loop,  # noqa: F401
    page_of,
    running_app,
    screen_text,
    shown,
)
from tests.factories import make_room, post
from tests.waiting import until


async def test_the_end_stays_in_view_while_many_messages_arrive(uvicorn, ana, mira, everyone):
    for number in range(40):
        post(everyone, mira.user, f"Before {number}.")
    Membership.objects.filter(user=ana.user, room=everyone).update(last_read_seq=40)
    with page_of(uvicorn, mira) as page:
        async with running_app(ana, uvicorn) as pilot:
            await shown(pilot, "Before 39.")

            def post_many() -> None:
                for number in range(40):
                    page.post(everyone.pk, f"Message {number}.")

            await asyncio.to_thread(post_many)
            await until(lambda: len(pilot.app.log_view.messages) == 80, "all have arrived")
            await shown(pilot, "Message 39.")
            assert pilot.app.log_view.timeline.first_new is None


async def test_the_open_room_is_in_view_among_many(uvicorn, ana, everyone):
    for number in range(60):
        make_room(f"Room {number:02}").memberships.create(user=ana.user)
    async with running_app(ana, uvicorn) as pilot:
        await shown(pilot, "#room-00")
        await pilot.press("ctrl+k")
        await shown(pilot, "Go to a room or person")
        await pilot.press(*"room-58", "enter")
        await until(lambda: pilot.app.session.room_id == Room.objects.get(name="Room 58").pk, "the room is open")
        await shown(pilot, "#room-57")
        assert "#room-59" in screen_text(pilot.app)
        await pilot.press("alt+up", "alt+up")
        await until(lambda: pilot.app.session.room_id == Room.objects.get(name="Room 56").pk, "another room is open")
        assert "#room-59" in screen_text(pilot.app)
