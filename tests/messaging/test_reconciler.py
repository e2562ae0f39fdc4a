"""The checks for lost events and revocations: each is repeated until it succeeds, and none holds up another.

The first attempts fail because of a real error: the table that the check reads is missing.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.contrib.sessions.models import Session
from django.db import connection
from django.utils import timezone

from accounts.auth.credentials import Credential
from accounts.auth.session_lookup import SessionUser
from accounts.models import Block, Connection, ServerProcess, User
from live.close_codes import DISCONNECTED_BY_ADMIN, SIGNED_OUT
from live.envelope import Event
from live.hub import Hub
from live.periodic import repeat
from live.socket import Socket
from live.topics import room_topic, user_topic
from live.transports.asgi import AsgiTransport
from messaging.models import Message, SavedMessage
from messaging.posting.actions import delete_message
from messaging.runtime import reminder_check
from messaging.runtime.download_watch import DownloadWatch
from messaging.runtime.reconciler import Reconciler
from messaging.runtime.reminder_check import ReminderCheck
from messaging.saved.reminders import delivered_since
from rooms.models import Membership, Room
from tests.factories import make_attachment, make_member, make_room, make_user, post
from tests.live_client import session_of
from tests.waiting import until

pytestmark = pytest.mark.django_db(transaction=True)


class Client:
    """A socket of the hub that records what it receives."""

    def __init__(self, hub: Hub, user: User, session: SessionUser, *rooms: Room, key: str = "") -> None:
        self.events: list[dict[str, Any]] = []
        self.code: int | None = None
        self.socket = Socket(user_id=user.pk, transport=AsgiTransport(self._send), flusher=hub.flusher, key=key)
        for topic in (user_topic(user.pk), *(room_topic(room.pk) for room in rooms)):
            hub.subscribe(topic, self.socket)
        for room in rooms:
            hub.set_baseline(room_topic(room.pk), room.version)
        self.socket.open('{"type":"welcome"}')

    async def _send(self, message: dict[str, Any]) -> None:
        if message["type"] == "websocket.close":
            self.code = message["code"]
        else:
            self.events += json.loads(message["text"])

    def received(self, type: str) -> list[dict[str, Any]]:
        return [event for event in self.events if event["type"] == type]


class Cast:
    """A private room, a member of it with a session, and their client."""

    def __init__(self) -> None:
        self.owner, self.member = make_user("owner"), make_user("mira")
        self.room = make_room("Workshop", owner=self.owner, kind="private")
        make_member(self.room, self.member)
        self.session = SessionUser(self.member, session_of(self.member))
        self.row = Connection.objects.create(process=ServerProcess.objects.create(pid=1), user=self.member)
        self.file = make_attachment(self.room, self.owner, message=post(self.room, self.owner))
        self.room.refresh_from_db()


@pytest.fixture
def cast(transactional_db) -> Cast:
    return Cast()


@pytest.fixture
async def hub(cast, settings) -> AsyncIterator[Hub]:
    settings.CHAT_POLL_SECONDS = 0.02
    hub = Hub()
    hub.start()
    yield hub
    await hub.stop()


@pytest.fixture
async def reconciler(hub) -> AsyncIterator[Reconciler]:
    reconciler = Reconciler(hub)
    yield reconciler
    await reconciler.stop()


@pytest.fixture
async def client(cast, hub, reconciler) -> Client:
    """The member's client, after all checks have passed once."""
    client = Client(hub, cast.member, cast.session, cast.room, key=cast.row.pk.hex)
    reconciler.track(client.socket, cast.session)
    await asyncio.sleep(0.2)
    return client


@pytest.fixture
def failures(caplog) -> Iterator[Any]:
    """Return the names of the checks that have failed."""
    yield lambda: {record.args[0] for record in caplog.records if "failed; trying again" in record.msg}


@sync_to_async
def execute(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)


@asynccontextmanager
async def missing(model: type) -> AsyncIterator[None]:
    """Rename the model's table within the block, so that every query of it fails."""
    table = model._meta.db_table
    await execute(f"ALTER TABLE {table} RENAME TO {table}_away")
    try:
        yield
    finally:
        await execute(f"ALTER TABLE {table}_away RENAME TO {table}")


# -- changes during a check --------------------------------------------------------------------------------


async def test_reminder_that_ends_while_it_is_repeated_is_not_shown_again(cast, hub, monkeypatch):
    client = Client(hub, cast.member, cast.session, cast.room)
    reminders = ReminderCheck(hub)
    message = await Message.objects.aget()
    await SavedMessage.objects.acreate(user=cast.member, message=message, has_notice=True, listed_at=timezone.now())
    await reminders.check()
    await until(lambda: len(client.received("reminder.due")) == 1, "the reminder is repeated")
    assert not client.received("reminder.dismissed")

    def read_before_deletion(time: datetime) -> list[SavedMessage]:
        if found := delivered_since(time):
            delete_message(actor=cast.owner, message_id=message.pk)
        return found

    monkeypatch.setattr(reminder_check, "delivered_since", read_before_deletion)
    await reminders.check()
    await until(lambda: client.received("reminder.dismissed"), "the reminder ends again")
    assert [event["type"] for event in client.events if event["type"].startswith("reminder.")] == [
        "reminder.due",
        "reminder.due",
        "reminder.dismissed",
    ]


# -- each check takes effect after a failed attempt -------------------------------------------------------


async def test_removed_member_receives_nothing_after_a_failed_check(cast, hub, client, failures):
    """Another process removes the member, and its event is lost."""
    await Membership.objects.filter(user=cast.member).adelete()
    async with missing(Membership):
        await User.objects.filter(pk=cast.member.pk).aupdate(rooms_version=cast.member.rooms_version + 1)
        await until(lambda: "the comparison of memberships" in failures(), "the first attempt fails")
        assert not client.received("room.left")
    await until(lambda: client.received("room.left"), "the member is notified")
    hub.deliver(Event(room_topic(cast.room.pk), '{"type":"secret"}'))
    await asyncio.sleep(0.05)
    assert not client.received("secret")


async def test_blocklist_is_set_after_a_failed_check(cast, client, failures):
    await Block.objects.acreate(blocker=cast.member, blocked=cast.owner)
    async with missing(Block):
        await User.objects.filter(pk=cast.member.pk).aupdate(rooms_version=cast.member.rooms_version + 1)
        await until(lambda: "the comparison of memberships" in failures(), "the first attempt fails")
    await until(lambda: client.socket.blocked_ids == {cast.owner.pk}, "the blocklist is set")
    await until(lambda: client.received("person.hidden"), "the page is notified")


async def test_suspended_user_is_disconnected_after_a_failed_check(cast, client, failures):
    await User.objects.filter(pk=cast.member.pk).aupdate(is_active=False)
    async with missing(User):
        await until(lambda: "the comparison of memberships" in failures(), "the first attempt fails")
    await until(lambda: client.code == SIGNED_OUT, "the socket closes")


async def test_lost_change_arrives_after_a_failed_check(cast, client, failures):
    async with missing(Room):
        await until(lambda: "the comparison of rooms" in failures(), "the first attempt fails")
    await sync_to_async(post)(cast.room, cast.owner, "Lost")
    async with missing(Message):
        await asyncio.sleep(0.1)
    await until(lambda: client.received("room.changes"), "the message arrives")


async def test_disconnected_socket_closes_after_a_failed_check(cast, client, failures):
    await Connection.objects.filter(pk=cast.row.pk).aupdate(is_dismissed=True)
    async with missing(Connection):
        await until(lambda: "the check of disconnected sockets" in failures(), "the first attempt fails")
    await until(lambda: client.code == DISCONNECTED_BY_ADMIN, "the socket closes")


async def test_socket_closes_when_its_session_ended_while_it_connected(cast, hub, reconciler, failures):
    await Session.objects.all().adelete()
    async with missing(Session):
        client = Client(hub, cast.member, cast.session)
        reconciler.track(client.socket, cast.session)
        await until(lambda: "the check of sockets’ sessions" in failures(), "the first attempt fails")
        assert client.code is None
    await until(lambda: client.code == SIGNED_OUT, "the socket closes")


async def test_requests_end_with_their_session_after_a_failed_check(cast, reconciler, failures):
    ended = asyncio.Event()
    with reconciler.sessions.watching(Credential(cast.session.session_key), ended.set):
        await asyncio.sleep(0.1)
        assert not ended.is_set()
        await Session.objects.all().adelete()
        async with missing(Session):
            await until(lambda: "the check of requests’ sessions" in failures(), "the first attempt fails")
        await until(ended.is_set, "the request ends")


async def test_download_of_a_removed_member_ends_after_a_failed_check(cast, failures):
    watch, ended = DownloadWatch(), asyncio.Event()
    task = asyncio.create_task(repeat(watch.check, name="the check of downloads", every=0.02))
    with watch.watching((cast.member.pk, cast.file.pk), ended.set):
        await asyncio.sleep(0.2)
        assert not ended.is_set()
        await Membership.objects.filter(user=cast.member).adelete()
        async with missing(Membership):
            await until(lambda: "the check of downloads" in failures(), "the first attempt fails")
        await until(ended.is_set, "the download ends")
    task.cancel()


# -- no check holds up another ----------------------------------------------------------------------------


@pytest.mark.parametrize("broken", [Session, Connection])
async def test_removed_member_receives_nothing_while_another_check_fails(cast, client, failures, broken):
    async with missing(broken):
        await asyncio.sleep(0.05)
        await Membership.objects.filter(user=cast.member).adelete()
        await User.objects.filter(pk=cast.member.pk).aupdate(rooms_version=cast.member.rooms_version + 1)
        await until(lambda: client.received("room.left"), "the member is notified")
        topic = room_topic(cast.room.pk)
        await until(lambda: topic not in client.socket.topics, "the socket is unsubscribed")


async def test_one_room_that_cannot_be_read_does_not_hold_up_the_others(cast, hub, client, monkeypatch):
    other = await sync_to_async(make_room)("Attic", owner=cast.owner)
    hub.subscribe(room_topic(other.pk), client.socket)
    hub.set_baseline(room_topic(other.pk), 0)
    real = hub.version

    def broken(topic: str) -> int | None:
        if topic == room_topic(cast.room.pk):
            raise ValueError("broken")
        return real(topic)

    monkeypatch.setattr(hub, "version", broken)
    await sync_to_async(post)(other, cast.owner, "Heard")
    await until(lambda: client.received("room.changes"), "the message arrives")


async def test_a_failing_check_is_logged_once(cast, client, caplog):
    def log() -> list[str]:
        return [record.msg for record in caplog.records if record.args and record.args[0] == "the comparison of rooms"]

    async with missing(Room):
        await until(log, "the first attempt fails")
        await asyncio.sleep(0.2)
    await until(lambda: len(log()) > 1, "an attempt succeeds")
    assert log() == ["%s failed; trying again", "%s succeeds again"]
