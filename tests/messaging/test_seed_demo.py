"""The demo is created by actions, is reproducible from its seed, and is only added to a used site if requested."""

import io

import pytest
from django.core.management import CommandError, call_command
from django.db.models import F

from accounts.models import User
from messaging.models import Message, Reaction
from rooms.models import Membership, Room
from tests.factories import make_user

pytestmark = pytest.mark.django_db


def seed(**options: object) -> str:
    out = io.StringIO()
    options = {"people": 12, "rooms": 8, "messages": 120, "password": "correct horse battery", **options}
    call_command("seed_demo", stdout=out, **options)
    return out.getvalue()


def texts() -> list[tuple[str, int, str]]:
    rows = Message.objects.order_by("room_id", "seq").values_list("room__name", "seq", "body")
    return list(rows)


def test_site_with_people_is_left_alone_without_the_option(everyone):
    make_user("ana")
    with pytest.raises(CommandError, match="already has people"):
        seed()
    assert User.objects.count() == 1


def test_demo_cannot_be_created_twice(everyone):
    seed()
    before = texts()
    with pytest.raises(CommandError, match="added only once"):
        seed(yes=True)
    assert texts() == before


def test_existing_data_is_left_unchanged(everyone):
    root = make_user("root", is_superuser=True)
    seed(yes=True)
    assert User.objects.filter(is_superuser=True).get() == root
    assert not Message.objects.filter(sender=root).exists()


def test_weak_password_is_refused(everyone):
    with pytest.raises(CommandError, match="--password"):
        seed(password="password")
    assert not User.objects.exists()


def test_empty_site_gets_the_demo_and_an_admin(everyone):
    output = seed()
    ana = User.objects.get(is_superuser=True)
    assert ana.check_password("correct horse battery")
    assert "Log in as ana" in output
    assert User.objects.count() == 12
    assert Room.objects.exclude(kind="direct").count() == 8
    assert Room.objects.filter(kind="direct").exists()
    assert Message.objects.count() == 120
    assert Reaction.objects.exists()
    assert Membership.objects.filter(user=ana, last_read_seq=F("room__last_seq")).count() > 6, "most rooms are read"
    for room in Room.objects.all():
        seqs = list(room.messages.order_by("seq").values_list("seq", flat=True))
        assert seqs == list(range(1, room.last_seq + 1))
        times = list(room.messages.order_by("seq").values_list("created_at", flat=True))
        assert times == sorted(times)
        assert not room.room_events.exists()  # they would be newer than the messages that they precede
    assert not Membership.objects.filter(is_new=True).exists()


@pytest.mark.parametrize(
    "size", [{"people": 2, "rooms": 2, "messages": 2}, {"people": 30, "rooms": 20, "messages": 40}]
)
def test_demo_may_have_any_size(everyone, size):
    seed(**size)
    assert User.objects.count() == size["people"]
    assert Room.objects.exclude(kind="direct").count() == size["rooms"]
    assert Message.objects.count() == size["messages"]


def test_same_seed_gives_the_same_demo(everyone):
    seed(seed=7)
    first = texts()
    Message.objects.all().delete()
    Room.objects.exclude(pk=everyone.pk).delete()
    Room.objects.update(last_seq=0, version=0)
    User.objects.all().delete()
    seed(seed=7)
    assert texts() == first
