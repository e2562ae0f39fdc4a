"""The library against a real server: live messages, refusals, history, files, logging in, and a server that comes back."""

import asyncio
import signal
from contextlib import ExitStack

import pytest
from django.db import connection

from chatsite_client import (
    Client,
    LoginRefused,
    NotStored,
    Refused,
    Unreachable,
    log_in,
    log_out,
)
from chatsite_client.events import Connected, ConnectionLost, MessageChanged, MessagePosted, PostFailed
from chatsite_client.outbox import Outbox, Post
from tests.factories import make_room, post
from tests.live_client import LiveClient
from tests.server import run_site
from tests.services import free_port
from tests.waiting import until

pytestmark = pytest.mark.slow

WAIT = 60


async def next_of(reader, kind, **fields):
    """Return the next event of this kind."""
    async with asyncio.timeout(WAIT):
        async for event in reader:
            if isinstance(event, kind) and all(getattr(event, name) == value for name, value in fields.items()):
                return event
    raise AssertionError("the events have ended")


async def test_people_chat(uvicorn, ana, mira, everyone):
    async with ana.client(uvicorn) as client, mira.client(uvicorn) as other:
        events = other.events()
        stored = await client.post(everyone.pk, "Hello @mira")
        event = await next_of(events, MessagePosted)
        assert (event.message.id, event.message.body) == (stored.id, "Hello @mira")
        assert event.message.mentions_person(mira.user.pk)
        assert other.state.rooms[everyone.pk].unread_mentions == 1
        await other.mark_read(other.state.rooms[everyone.pk])
        await other.react(stored.id, "👍")
        reaction = (await next_of(events, MessageChanged)).message.reactions[0]
        assert (reaction.emoji, reaction.users) == ("👍", [mira.user.pk])
        await client.edit(stored, "Hello")
        assert (await next_of(events, MessageChanged)).message.body == "Hello"
        with pytest.raises(Refused) as refused:
            await client.edit(stored, "Too late")
        assert refused.value.code == "conflict"
        await client.delete(stored.id)
        assert (await next_of(events, MessageChanged)).message.deleted_at


async def test_a_refused_message_is_reported(uvicorn, ana, everyone):
    async with ana.client(uvicorn) as client:
        events = client.events()
        with pytest.raises(Refused) as refused:
            await client.post(999_999, "Hello")
        assert refused.value.code == "not_found"
        failed = await next_of(events, PostFailed)
        assert (failed.body, failed.detail) == ("Hello", refused.value.detail)
        assert client.waiting == []


def test_a_client_without_asyncio_chats_with_a_page(uvicorn, ana, mira, everyone):
    with ana.sync_client(uvicorn) as client, LiveClient(uvicorn, mira.user) as page:
        events = client.events()
        page.post(everyone.pk, "Hello from the page")
        event = next(each for each in events if isinstance(each, MessagePosted))
        assert event.message.body == "Hello from the page"
        client.post(client.room("everyone"), "Hello", reply_to=event.message.id)
        heard = page.wait_for("message.posted", room=everyone.pk)["message"]
        while heard["body"] != "Hello":
            heard = page.wait_for("message.posted", room=everyone.pk)["message"]
        assert heard["reply_to"]["id"] == event.message.id


def test_history_search_and_people(uvicorn, ana, mira, everyone):
    for number in range(60):
        post(everyone, mira.user, f"Message {number}")
    post(everyone, mira.user, "A pomegranate")
    with ana.sync_client(uvicorn) as client:
        page = client.http.history(everyone.pk)
        assert page.has_older
        assert page.messages[-1].body == "A pomegranate"
        older = client.http.history(everyone.pk, before=page.messages[0].seq)
        assert older.messages[-1].seq == page.messages[0].seq - 1
        found = client.http.search("pomegranate")
        assert [message.body for message in found.messages] == ["A pomegranate"]
        assert [person.username for person in client.http.people("mir")] == ["mira"]


async def test_rooms_conversations_and_blocks(uvicorn, ana, mira, attic):
    async with ana.client(uvicorn) as client:
        assert [room.slug for room in await client.http.joinable_rooms("att")] == ["attic"]
        assert (await client.http.join(attic.pk)).slug == "attic"
        conversation = await client.http.open_conversation([mira.user.pk])
        assert conversation.peer is not None
        assert conversation.peer.username == "mira"
        await client.http.block(mira.user.pk)
        await until(lambda: mira.user.pk in client.state.blocked, "Mira is blocked")
        assert conversation.id not in client.state.rooms
        await client.http.unblock(mira.user.pk)
        await until(lambda: mira.user.pk not in client.state.blocked, "Mira isn’t blocked")
        await client.http.leave(attic.pk)
        with pytest.raises(Refused) as refused:
            await client.http.find_person("nobody")
        assert refused.value.code == "not_found"


@pytest.fixture
def attic(transactional_db):
    return make_room("Attic")


@pytest.fixture
def password_of_ana(settings, ana) -> str:
    """Set a password as the server stores it."""
    settings.PASSWORD_HASHERS = ["accounts.auth.hashers.Argon2PasswordHasher"]
    ana.user.set_password("a long pass phrase")
    ana.user.save()
    return "a long pass phrase"


async def test_logging_in_and_out_with_a_password(uvicorn, password_of_ana, tmp_path):
    credentials = await log_in(uvicorn.url, "ana", password_of_ana)
    async with Client(uvicorn.url, credentials=credentials, outbox_folder=tmp_path) as client:
        assert client.state.me.username == "ana"
        assert await client.http.is_logged_in()
        events = client.events()
        await log_out(uvicorn.url, credentials)
        with pytest.raises(LoginRefused):
            await next_of(events, Connected)


async def test_a_message_does_not_wait_for_a_session_that_has_ended(uvicorn, password_of_ana, everyone, tmp_path):
    credentials = await log_in(uvicorn.url, "ana", password_of_ana)
    async with Client(uvicorn.url, credentials=credentials, outbox_folder=tmp_path) as client:
        events = client.events()
        await log_out(uvicorn.url, credentials)
        with pytest.raises(LoginRefused):
            await next_of(events, Connected)
        for wait in (client.post(everyone.pk, "Hello"), client.flush()):
            async with asyncio.timeout(WAIT):
                with pytest.raises(LoginRefused):
                    await wait
    assert [each.body for each in Outbox(tmp_path).adopt()] == ["Hello"]


async def test_without_space_for_an_outbox_messages_are_read_but_not_accepted(uvicorn, ana, mira, everyone, tmp_path):
    (tmp_path / "file").touch()
    ana.folder = tmp_path / "file" / "outbox"
    async with ana.client(uvicorn) as client, mira.client(uvicorn) as other:
        events = client.events()
        await other.post(everyone.pk, "Hello")
        assert (await next_of(events, MessagePosted)).message.body == "Hello"
        with pytest.raises(NotStored):
            await client.post(everyone.pk, "Hello to you")
        assert client.waiting == []


async def test_a_wrong_password_is_refused(uvicorn, password_of_ana):
    with pytest.raises(LoginRefused, match="password"):
        await log_in(uvicorn.url, "ana", "wrong")


async def test_an_invalid_session_is_refused(uvicorn, ana, tmp_path):
    for options in ({"token": "nonsense"}, {}):
        with pytest.raises(LoginRefused):
            await Client(uvicorn.url, outbox_folder=tmp_path, **options).connect()


async def test_another_site_is_unreachable():
    with pytest.raises(Unreachable, match="can’t be reached"):
        await log_in(f"http://127.0.0.1:{free_port()}", "ana", "secret")


def test_a_server_is_killed_and_comes_back(no_site, ana, mira, everyone, tmp_path):
    """Messages written meanwhile are sent once, in order, and those of others are received."""
    database, port = connection.settings_dict["NAME"], str(free_port())
    sites = ExitStack()
    site = sites.enter_context(run_site("uvicorn", database, tmp_path / "site", PORT=port))
    with ana.sync_client(site) as client:
        events = client.events()
        client.post(everyone.pk, "before")
        site.process.send_signal(signal.SIGKILL)
        sites.close()
        wait_for(events, ConnectionLost)
        for body in ("one", "two", "three"):
            client.queue(everyone.pk, body)
        post(everyone, mira.user, "from mira")
        with run_site("uvicorn", database, tmp_path / "site", PORT=port):
            bodies = [wait_for(events, MessagePosted).message.body for _ in range(4)]
            assert bodies == ["from mira", "one", "two", "three"]
            history = [message.body for message in client.http.history(everyone.pk).messages]
            assert history == ["before", "from mira", "one", "two", "three"]


def wait_for(events, kind):
    return next(event for event in events if isinstance(event, kind))


def test_messages_written_before_a_crash_are_sent_by_the_next_process(uvicorn, ana, everyone):
    outbox = Outbox(ana.folder)
    outbox.add(Post(room=everyone.pk, body="from the past"))
    outbox.close()
    with ana.sync_client(uvicorn) as client:
        event = wait_for(client.events(), MessagePosted)
        assert event.message.body == "from the past"
