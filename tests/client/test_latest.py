"""Commands about the latest message, such as /edit and /delete, right after a message was entered."""

import pytest
from asgiref.sync import sync_to_async

from chatsite_terminal import known_messages
from chatsite_terminal.commands import UsageError
from chatsite_terminal.session import Session
from messaging.models import Message
from rooms.models import Room
from tests.client.test_plain import finish, terminal  # noqa: F401
from tests.factories import make_member, make_room, make_user, post

pytestmark = pytest.mark.slow


def test_piped_commands_change_the_message_before_them(terminal, ana):  # noqa: F811
    room = make_room("Notes", owner=ana.user)
    earlier = post(room, ana.user, "Earlier")
    lines = ["One", "/edit Two", "/react 🎉", "/pin", "Three", "/delete"]
    status, _output, errors = finish(terminal("--room", "notes", "--lines", "5"), "\n".join(lines) + "\n")
    assert (status, errors.replace("ana pinned a message.\n", "")) == (0, "")
    earlier.refresh_from_db()
    assert (earlier.body, earlier.deleted_at, earlier.reactions) == ("Earlier", None, "")
    changed, deleted = Message.objects.filter(room=room, pk__gt=earlier.pk).order_by("pk")
    assert (changed.body, changed.deleted_at, changed.pinned_at is not None) == ("Two", None, True)
    assert "🎉" in changed.reactions
    assert deleted.deleted_at is not None


def test_a_command_after_a_refused_message_changes_nothing(terminal, ana):  # noqa: F811
    room = make_room("Board", owner=make_user("owner"))
    make_member(room, ana.user)
    earlier = post(room, ana.user, "Earlier")
    Room.objects.filter(pk=room.pk).update(is_read_only=True)
    status, _output, errors = finish(terminal("--room", "board", "--lines", "5"), "hello\n/delete\n")
    assert status == 1
    assert "Your latest message wasn’t sent." in errors
    earlier.refresh_from_db()
    assert earlier.deleted_at is None


async def test_a_command_does_not_wait_for_slow_mode(uvicorn, ana, monkeypatch):
    room = await slow_room(ana)
    monkeypatch.setattr(known_messages, "SENDING_SECONDS", 0)
    async with ana.client(uvicorn) as client:
        session = Session(client)
        session.room_id = room.pk
        await session.run("Once more")
        with pytest.raises(UsageError, match="hasn’t been sent yet"):
            await session.run("/delete")
    assert not await Message.objects.filter(room=room, deleted_at__isnull=False).aexists()


async def slow_room(ana) -> Room:
    def make() -> Room:
        room = make_room("Slow", owner=make_user("owner"))
        make_member(room, ana.user)
        post(room, ana.user, "Earlier")
        Room.objects.filter(pk=room.pk).update(slow_seconds=600)
        return room

    return await sync_to_async(make)()
