"""Management commands of rooms: effects, output and errors."""

import io

import pytest
from django.core.management import CommandError, call_command

from rooms.models import Room
from tests.factories import make_room, make_user

pytestmark = pytest.mark.django_db


def run(*arguments: object, **options: object) -> str:
    out = io.StringIO()
    call_command(*map(str, arguments), stdout=out, stderr=out, **options)
    return out.getvalue()


def type_answers(monkeypatch, *answers: str) -> None:
    """Answer each prompt of a command in turn, then end the input."""
    remaining = iter(answers)

    def read(prompt: str) -> str:
        try:
            return next(remaining)
        except StopIteration as error:
            raise EOFError from error

    monkeypatch.setattr("builtins.input", read)


class TestCreateChatroom:
    def test_unknown_owner_is_an_error_with_a_remedy(self):
        with pytest.raises(CommandError, match=r"--owner: no user named 'ana'.*register_user"):
            run("create_chatroom", "Garden", "--owner", "ana")
        assert not Room.objects.filter(name="Garden").exists()

    @pytest.mark.parametrize(
        ("name", "error"),
        [("", "name: Enter"), ("x" * 81, "name: Use at most 80 characters; this has 81."), ("Taken", "already a room")],
    )
    def test_invalid_name_is_an_error(self, name, error):
        make_room("TAKEN")
        with pytest.raises(CommandError, match=error):
            run("create_chatroom", name)

    def test_public_room_needs_no_owner(self, settings):
        settings.SITE_URL = "https://chat.example.org"
        output = run("create_chatroom", "Garden", "--topic", "What grows")
        room = Room.objects.get(name="Garden")
        assert (room.kind, room.topic, room.memberships.count()) == ("public", "What grows", 0)
        assert f"https://chat.example.org/rooms/{room.pk}/" in output

    def test_private_room_is_created_with_its_owner(self):
        ana = make_user("Ana")
        run("create_chatroom", "Garden", "--private", "--owner", "ANA")
        room = Room.objects.get(name="Garden")
        assert (room.kind, room.created_by) == ("private", ana)
        assert room.memberships.get(user=ana).role == "owner"

    def test_private_room_without_owner_explains_how_to_add_one(self):
        assert "This private room has no members yet" in run("create_chatroom", "Garden", "--private")


class TestOpenChatroom:
    def test_unknown_id_is_an_error_with_a_remedy(self):
        with pytest.raises(CommandError, match=r"Room 987654 does not exist.*list_chatrooms"):
            run("open_chatroom", 987654)

    def test_archived_room_is_unarchived_and_described(self):
        room = make_room("Garden", owner=make_user("ana"))
        run("open_chatroom", room.pk)
        Room.objects.filter(pk=room.pk).update(archived_at=room.created_at)
        output = run("open_chatroom", room.pk)
        room.refresh_from_db()
        assert not room.is_archived
        assert "Garden" in output
        assert "ana" in output
        assert f":8000/rooms/{room.pk}/" in output


class TestDescribeChatroom:
    def test_topic_is_printed_set_and_removed(self):
        room = make_room("Garden")
        assert "This room has no topic" in run("describe_chatroom", room.pk)
        assert run("describe_chatroom", room.pk, "What grows").strip() == "What grows"
        assert run("describe_chatroom", room.pk).strip() == "What grows"
        assert "This room has no topic" in run("describe_chatroom", room.pk, "")

    def test_too_long_topic_is_an_error(self):
        with pytest.raises(CommandError, match="topic: Use at most 250 characters; this has 251"):
            run("describe_chatroom", make_room().pk, "x" * 251)


class TestDeleteChatroom:
    @pytest.mark.parametrize("answers", [(), ("",), ("garden",), ("yes",)])
    def test_room_is_kept_unless_its_name_is_typed(self, monkeypatch, answers):
        room = make_room("Garden")
        type_answers(monkeypatch, *answers)
        with pytest.raises(CommandError, match="nothing was deleted"):
            run("delete_chatroom", room.pk)
        assert Room.objects.filter(pk=room.pk).exists()

    def test_room_is_deleted_when_its_name_is_typed(self, monkeypatch):
        room = make_room("Garden")
        type_answers(monkeypatch, "Garden")
        assert f"Deleted room {room.pk}, Garden" in run("delete_chatroom", room.pk)
        assert not Room.objects.filter(pk=room.pk).exists()

    def test_yes_skips_the_confirmation(self, monkeypatch):
        type_answers(monkeypatch)
        room = make_room("Garden")
        run("delete_chatroom", room.pk, "--yes")
        assert not Room.objects.filter(pk=room.pk).exists()


def test_list_chatrooms_prints_every_room_with_its_id(db):
    room = make_room("Garden", owner=make_user())
    line = next(line for line in run("list_chatrooms").splitlines() if "Garden" in line)
    assert line.split() == [str(room.pk), "public", "1", "0", "Garden"]
