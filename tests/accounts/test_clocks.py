"""Hosts whose clocks differ."""

import asyncio
from datetime import timedelta

import pytest
from asgiref.sync import sync_to_async
from django.utils import timezone

from accounts.models import Connection, ServerProcess
from accounts.presence.connections import OpenConnection
from accounts.presence.tracker import PresenceTracker
from tests.factories import make_user
from tests.waiting import until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("ahead", [timedelta(minutes=-1), timedelta(minutes=1)])
async def test_users_stay_online_although_the_clocks_of_two_hosts_differ(time_machine, ahead):
    """The process that reads the heartbeat has a different clock from the process that writes it."""
    ana = await sync_to_async(make_user)("ana")
    time_machine.move_to(timezone.now() + ahead, tick=True)
    tracker = PresenceTracker(lambda changes, people: None)
    tracker.add(OpenConnection(ana.pk))
    held = set()

    async def write() -> None:
        held.update([pk async for pk in Connection.objects.filter(process=tracker.process.pk).values_list("pk")])

    while not held:
        await write()
        await asyncio.sleep(0.02)
    time_machine.move_to(timezone.now() - ahead, tick=True)
    assert await Connection.objects.live().filter(user=ana).aexists()
    other = PresenceTracker(lambda changes, people: None)
    await until(lambda: other.online_user_ids() == {ana.pk}, "the other process reads presence")
    assert await ServerProcess.objects.filter(pk=tracker.process.pk).aexists()
    await other.stop()
    await tracker.stop()
