"""The conversation follows its end."""

import asyncio

from rooms.models import Membership
from tests.client.test_app import database_on_the_event_loop, page_of, running_app, shown  # noqa: F401
from tests.factories import post
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
