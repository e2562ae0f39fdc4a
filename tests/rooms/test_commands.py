"""The commands about rooms: what they do, and what they say when they cannot."""

import io

import pytest
from django.core.management import CommandError, call_command

from rooms.models import Room
from tests.factories import make_room, make_user

pytestmark = pytest.mark.django_db


def run(*words: object, **options: object) -> str:
    out = io.StringIO()
    call_command(*map(str, words), stdout=out, stderr=out, **options)
    return out.getvalue()


def answer(monkeypatch, *answers: str) -> None:
    waiting = iter(answers)

    def read(prompt: str) -> str:
        try:
            return next(waiting)
        except StopIteration as error:
            raise EOFError from error

    monkeypatch.setattr("builtins.input", read)


class TestCreating:
    def test_an_unknown_owner_is_named_with_the_remedy(self):
        with pytest.raises(CommandError, match=r"--owner: no user named 'ana'.*register_user"):
            run("create_chatroom", "Garden", "--owner", "ana")
        assert not Room.objects.filter(name="Garden").exists()

    @pytest.mark.parametrize(
        ("name", "words"), [("", "name: Enter"), ("x" * 81, "name: At most"), ("Taken", "already a room")]
    )
    def test_a_name_that_cannot_be_is_refused(self, name, words):
        make_room("TAKEN")
        with pytest.raises(CommandError, match=words):
            run("create_chatroom", name)

    def test_a_public_room_needs_no_owner(self, settings):
        settings.SITE_URL = "https://chat.example.org"
        told = run("create_chatroom", "Garden", "--topic", "What grows")
        room = Room.objects.get(name="Garden")
        assert (room.kind, room.topic, room.memberships.count()) == ("public", "What grows", 0)
        assert f"https://chat.example.org/rooms/{room.pk}/" in told

    def test_a_private_room_gets_its_owner(self):
        ana = make_user("Ana")
        run("create_chatroom", "Garden", "--private", "--owner", "ANA")
        room = Room.objects.get(name="Garden")
        assert (room.kind, room.created_by) == ("private", ana)
        assert room.memberships.get(user=ana).role == "owner"

    def test_a_private_room_without_an_owner_says_how_to_enter(self):
        assert "This private room has no members yet" in run("create_chatroom", "Garden", "--private")


class TestOpening:
    def test_a_number_that_no_room_has_is_named_with_the_remedy(self):
        with pytest.raises(CommandError, match=r"ID: there is no room 987654.*list_chatrooms"):
            run("open_chatroom", 987654)

    def test_it_undoes_the_archiving_and_tells_the_facts(self):
        room = make_room("Garden", owner=make_user("ana"))
        run("open_chatroom", room.pk)
        Room.objects.filter(pk=room.pk).update(archived_at=room.created_at)
        told = run("open_chatroom", room.pk)
        room.refresh_from_db()
        assert not room.is_archived
        assert "Garden" in told
        assert "ana" in told
        assert f":8000/rooms/{room.pk}/" in told


class TestDescribing:
    def test_it_prints_and_sets_and_takes_away(self):
        room = make_room("Garden")
        assert "This room has no topic" in run("describe_chatroom", room.pk)
        assert run("describe_chatroom", room.pk, "What grows").strip() == "What grows"
        assert run("describe_chatroom", room.pk).strip() == "What grows"
        assert "This room has no topic" in run("describe_chatroom", room.pk, "")

    def test_a_topic_that_is_too_long_is_refused(self):
        with pytest.raises(CommandError, match="topic: At most"):
            run("describe_chatroom", make_room().pk, "x" * 251)


class TestDeleting:
    @pytest.mark.parametrize("answers", [(), ("",), ("garden",), ("yes",)])
    def test_without_the_name_it_stays(self, monkeypatch, answers):
        room = make_room("Garden")
        answer(monkeypatch, *answers)
        with pytest.raises(CommandError, match="nothing was deleted"):
            run("delete_chatroom", room.pk)
        assert Room.objects.filter(pk=room.pk).exists()

    def test_with_the_name_it_goes(self, monkeypatch):
        room = make_room("Garden")
        answer(monkeypatch, "Garden")
        assert f"Deleted room {room.pk}, Garden" in run("delete_chatroom", room.pk)
        assert not Room.objects.filter(pk=room.pk).exists()

    def test_yes_asks_nothing(self, monkeypatch):
        answer(monkeypatch)
        room = make_room("Garden")
        run("delete_chatroom", room.pk, "--yes")
        assert not Room.objects.filter(pk=room.pk).exists()


def test_the_list_shows_every_room_with_its_number(db):
    room = make_room("Garden", owner=make_user())
    line = next(line for line in run("list_chatrooms").splitlines() if "Garden" in line)
    assert line.split() == [str(room.pk), "public", "1", "0", "Garden"]
