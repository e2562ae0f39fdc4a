"""A room's files: newest first, and of those only what the viewer sees."""

from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from messaging.attachments.storage import new_key
from messaging.models import Attachment, Message
from messaging.posting.actions import clear_history, delete_message
from messaging.web.room_files import PAGE
from rooms.blocking import block_person
from tests.factories import make_attachment, make_member, make_room, make_user, post

pytestmark = pytest.mark.django_db


@pytest.fixture
def room(db):
    return make_room("Workshop", owner=make_user("owner"), kind="private")


def with_files(room, user, *names: str, **facts) -> Message:
    message = post(room, user, "Look")
    for position, name in enumerate(names):
        make_attachment(room, user, name=name, message=message, position=position, **facts)
    return message


def ask(user, room, **asked):
    client = Client()
    client.force_login(user)
    return client.get(f"/rooms/{room.pk}/files/", asked, headers={"X-Requested-With": "fetch"})


def names(user, room, **asked) -> list[str]:
    answer = ask(user, room, **asked)
    assert answer.status_code == 200, answer.content
    return [file["name"] for file in answer.json()["files"]]


def many(room, user, count: int) -> None:
    """As many posted files, two in a message, with no bytes behind them."""
    messages = [
        Message(room=room, seq=seq, version=seq, sender=user, client_id=uuid4()) for seq in range(1, count // 2 + 1)
    ]
    Message.objects.bulk_create(messages)
    files = [(message, position) for message in messages for position in (0, 1)]
    Attachment.objects.bulk_create(
        Attachment(
            room=room, uploader=user, message=message, position=position, key=new_key(), size=1,
            name=f"{message.seq}.{position}", name_key=f"{message.seq}.{position}", ready_at="2026-01-01T00:00Z",
            kind="image" if message.seq % 100 == 0 else "other",
        )
        for message, position in files
    )  # fmt: skip


def test_an_outsider_cannot_tell_whether_there_is_such_a_room(room):
    with_files(room, make_member(room), "plan.txt")
    stranger = make_user("stranger")
    hidden = ask(stranger, room)
    room.pk = 10**6
    absent = ask(stranger, room)
    assert (hidden.status_code, hidden.json()) == (absent.status_code, absent.json())
    assert hidden.status_code == 404
    assert Client().get(f"/rooms/{room.pk}/files/", headers={"X-Requested-With": "fetch"}).status_code == 401


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"kind": "films"}, "kind"),
        ({"person": "bo"}, "person"),
        ({"person": "9" * 30}, "person"),
        ({"before": "yesterday"}, "before"),
        ({"before": "1.2.3"}, "before"),
    ],
)
def test_what_cannot_be_understood_is_named(room, asked, field):
    answer = ask(make_member(room), room, **asked)
    assert answer.status_code == 400
    assert answer.json()["detail"].startswith(f"{field}: ")


def test_a_file_that_is_not_posted_is_in_no_list(room):
    ana = make_member(room)
    make_attachment(room, ana)
    assert names(ana, room) == []


def test_somebody_blocked_has_no_files(room):
    ana, bo = make_member(room), make_member(room)
    with_files(room, bo, "bo.txt")
    with_files(room, ana, "ana.txt")
    block_person(user=ana, other=bo)
    assert names(ana, room) == ["ana.txt"]
    assert names(ana, room, person=bo.pk) == []
    assert names(bo, room) == ["ana.txt", "bo.txt"]


def test_what_was_cleared_or_deleted_is_gone(room):
    ana, bo = make_member(room), make_member(room)
    with_files(room, bo, "before.txt")
    clear_history(user=ana, room_id=room.pk)
    deleted = with_files(room, bo, "deleted.txt")
    with_files(room, bo, "after.txt")
    delete_message(actor=bo, message_id=deleted.pk)
    assert names(ana, room) == ["after.txt"]
    assert names(bo, room) == ["after.txt", "before.txt"]


def test_newest_first_and_in_a_message_as_they_were_sent(room):
    ana = make_member(room)
    with_files(room, ana, "1", "2")
    message = with_files(room, ana, "3", "4")
    (first, *_) = ask(ana, room).json()["files"]
    assert names(ana, room) == ["3", "4", "1", "2"]
    assert (first["sender"]["id"], first["seq"], first["size"]) == (ana.pk, message.seq, 3)
    assert first["at"].endswith("Z")
    assert first["url"] == f"/attachments/{first['id']}/"


def test_they_are_chosen_by_kind_person_and_name(room):
    ana, bo = make_member(room), make_member(room)
    with_files(room, ana, "Überblick_1.PNG", "straße.png", kind="image")
    with_files(room, bo, "überblick.txt", "100%.txt", kind="text")
    assert names(ana, room, kind="text") == ["überblick.txt", "100%.txt"]
    assert names(ana, room, person=ana.pk) == ["Überblick_1.PNG", "straße.png"]
    assert names(ana, room, q="ÜBERBLICK") == ["überblick.txt", "Überblick_1.PNG"]
    assert names(ana, room, q="STRASSE") == ["straße.png"]
    assert names(ana, room, q="0%") == ["100%.txt"]
    assert names(ana, room, q="_") == ["Überblick_1.PNG"]
    assert names(ana, room, q="überblick", kind="image", person=bo.pk) == []
    assert names(ana, room, kind="", person="", q="") == names(ana, room)


def test_each_comes_once_over_all_pages_while_others_are_posted(room):
    ana = make_member(room)
    for number in range(31):
        with_files(room, ana, *(f"{number}.{position}" for position in range(3)))
    found, cursor = [], ""
    while cursor is not None:
        page = ask(ana, room, **({"before": cursor} if cursor else {})).json()
        found += [file["name"] for file in page["files"]]
        assert len(page["files"]) <= PAGE
        cursor = page["next"]
        with_files(room, ana, "later")
    assert found == [f"{number}.{position}" for number in range(30, -1, -1) for position in range(3)]


def test_five_thousand_files_are_no_more_queries(room, django_assert_max_num_queries):
    ana = make_member(room)
    many(room, ana, 5_000)
    client = Client()
    client.force_login(ana)
    client.get(f"/rooms/{room.pk}/files/")  # the first visit of a browser is written down
    for asked in ({}, {"kind": "image"}, {"q": "24"}, {"before": "900.1"}):
        # Session, person, whom they block; room, what they cleared; files.
        with django_assert_max_num_queries(6):
            assert client.get(f"/rooms/{room.pk}/files/", asked).status_code == 200


def test_they_are_read_by_their_index(room):
    ana = make_member(room)
    for place in (*(make_room() for _ in range(4)), room):
        many(place, ana, 2_000)
    middle = Attachment.objects.filter(room=room).order_by("message")[1_000].message_id
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    for asked in ({}, {"before": f"{middle}.1"}):
        plan = plan_of(ana, room, **asked)
        assert "Seq Scan on messaging_attachment" not in plan, plan
        if connection.vendor == "sqlite":  # PostgreSQL walks by the message where one room has so many of all files
            assert "attachment_of_room" in plan, plan
            assert "TEMP B-TREE" not in plan, plan


def plan_of(user, room, **asked) -> str:
    """How the database reads a page of them."""
    with CaptureQueriesContext(connection) as said:
        assert len(names(user, room, **asked)) == PAGE
    (question,) = (each["sql"] for each in said if 'FROM "messaging_attachment"' in each["sql"])
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {'QUERY PLAN ' if connection.vendor == 'sqlite' else ''}{question}")
        return "\n".join(str(row) for row in cursor.fetchall())


def test_the_rooms_information_counts_them(room):
    ana, bo = make_member(room), make_member(room)
    assert "<dt>Files</dt>" not in facts(ana, room)
    with_files(room, ana, "1", "2")
    with_files(room, bo, "3")
    make_attachment(room, ana)
    assert "<dt>Files</dt><dd>3</dd>" in facts(ana, room)
    block_person(user=ana, other=bo)
    assert "<dt>Files</dt><dd>2</dd>" in facts(ana, room)


def facts(user, room) -> str:
    client = Client()
    client.force_login(user)
    return client.get(f"/rooms/{room.pk}/info/").content.decode()
