"""The list of a room's files: visibility, filters, order and pages."""

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


def post_with_files(room, user, *names: str, **facts) -> Message:
    message = post(room, user, "Look")
    for position, name in enumerate(names):
        make_attachment(room, user, name=name, message=message, position=position, **facts)
    return message


def get(user, room, **query):
    client = Client()
    client.force_login(user)
    return client.get(f"/rooms/{room.pk}/files/", query, headers={"X-Requested-With": "fetch"})


def names(user, room, **query) -> list[str]:
    response = get(user, room, **query)
    assert response.status_code == 200, response.content
    return [file["name"] for file in response.json()["files"]]


def make_many(room, user, count: int) -> None:
    """Create posted attachments without files, two in each message."""
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


def test_outsider_cannot_tell_whether_a_room_exists(room):
    post_with_files(room, make_member(room), "plan.txt")
    stranger = make_user("stranger")
    secret = get(stranger, room)
    room.pk = 10**6
    absent = get(stranger, room)
    assert (secret.status_code, secret.json()) == (absent.status_code, absent.json())
    assert secret.status_code == 404
    assert Client().get(f"/rooms/{room.pk}/files/", headers={"X-Requested-With": "fetch"}).status_code == 401


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"kind": "films"}, "kind"),
        ({"person": "bo"}, "person"),
        ({"person": "9" * 30}, "person"),
        ({"before": "yesterday"}, "before"),
        ({"before": "1.2.3"}, "before"),
    ],
)
def test_invalid_filter_is_named(room, query, field):
    response = get(make_member(room), room, **query)
    assert response.status_code == 400
    assert response.json()["detail"].startswith(f"{field}: ")


def test_unposted_file_is_not_listed(room):
    ana = make_member(room)
    make_attachment(room, ana)
    assert names(ana, room) == []


def test_files_of_blocked_people_are_not_listed(room):
    ana, bo = make_member(room), make_member(room)
    post_with_files(room, bo, "bo.txt")
    post_with_files(room, ana, "ana.txt")
    block_person(user=ana, other=bo)
    assert names(ana, room) == ["ana.txt"]
    assert names(ana, room, person=bo.pk) == []
    assert names(bo, room) == ["ana.txt", "bo.txt"]


def test_cleared_and_deleted_files_are_not_listed(room):
    ana, bo = make_member(room), make_member(room)
    post_with_files(room, bo, "before.txt")
    clear_history(user=ana, room_id=room.pk)
    deleted = post_with_files(room, bo, "deleted.txt")
    post_with_files(room, bo, "after.txt")
    delete_message(actor=bo, message_id=deleted.pk)
    assert names(ana, room) == ["after.txt"]
    assert names(bo, room) == ["after.txt", "before.txt"]


def test_newest_messages_come_first_with_files_in_order(room):
    ana = make_member(room)
    post_with_files(room, ana, "1", "2")
    message = post_with_files(room, ana, "3", "4")
    (first, *_) = get(ana, room).json()["files"]
    assert names(ana, room) == ["3", "4", "1", "2"]
    assert (first["sender"]["id"], first["seq"], first["size"]) == (ana.pk, message.seq, 3)
    assert first["at"].endswith("Z")
    assert first["url"] == f"/attachments/{first['id']}/"


def test_files_are_filtered_by_kind_person_and_name(room):
    ana, bo = make_member(room), make_member(room)
    post_with_files(room, ana, "Überblick_1.PNG", "straße.png", kind="image")
    post_with_files(room, bo, "überblick.txt", "100%.txt", kind="text")
    assert names(ana, room, kind="text") == ["überblick.txt", "100%.txt"]
    assert names(ana, room, person=ana.pk) == ["Überblick_1.PNG", "straße.png"]
    assert names(ana, room, q="ÜBERBLICK") == ["überblick.txt", "Überblick_1.PNG"]
    assert names(ana, room, q="STRASSE") == ["straße.png"]
    assert names(ana, room, q="0%") == ["100%.txt"]
    assert names(ana, room, q="_") == ["Überblick_1.PNG"]
    assert names(ana, room, q="überblick", kind="image", person=bo.pk) == []
    assert names(ana, room, kind="", person="", q="") == names(ana, room)


def test_pages_repeat_no_file_while_others_are_posted(room):
    ana = make_member(room)
    for number in range(31):
        post_with_files(room, ana, *(f"{number}.{position}" for position in range(3)))
    found, cursor = [], ""
    while cursor is not None:
        page = get(ana, room, **({"before": cursor} if cursor else {})).json()
        found += [file["name"] for file in page["files"]]
        assert len(page["files"]) <= PAGE
        cursor = page["next"]
        post_with_files(room, ana, "later")
    assert found == [f"{number}.{position}" for number in range(30, -1, -1) for position in range(3)]


def test_five_thousand_files_need_no_more_queries(room, django_assert_max_num_queries):
    ana = make_member(room)
    make_many(room, ana, 5_000)
    client = Client()
    client.force_login(ana)
    client.get(f"/rooms/{room.pk}/files/")  # the first visit of a browser is recorded
    for query in ({}, {"kind": "image"}, {"q": "24"}, {"before": "900.1"}):
        # Session, user, blocked people; room, cleared history; files.
        with django_assert_max_num_queries(6):
            assert client.get(f"/rooms/{room.pk}/files/", query).status_code == 200


def test_list_uses_its_index(room):
    ana = make_member(room)
    for other in (*(make_room() for _ in range(4)), room):
        make_many(other, ana, 2_000)
    middle = Attachment.objects.filter(room=room).order_by("message")[1_000].message_id
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    for query in ({}, {"before": f"{middle}.1"}):
        plan = plan_of(ana, room, **query)
        assert "Seq Scan on messaging_attachment" not in plan, plan
        if connection.vendor == "sqlite":  # PostgreSQL uses the message's index if most files are in the same room
            assert "attachment_of_room" in plan, plan
            assert "TEMP B-TREE" not in plan, plan


def plan_of(user, room, **query) -> str:
    """Return the query plan of a page of files."""
    with CaptureQueriesContext(connection) as queries:
        assert len(names(user, room, **query)) == PAGE
    (query_sql,) = (each["sql"] for each in queries if 'FROM "messaging_attachment"' in each["sql"])
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {'QUERY PLAN ' if connection.vendor == 'sqlite' else ''}{query_sql}")
        return "\n".join(str(row) for row in cursor.fetchall())


def test_room_info_counts_files(room):
    ana, bo = make_member(room), make_member(room)
    assert "<dt>Files</dt>" not in room_info(ana, room)
    post_with_files(room, ana, "1", "2")
    post_with_files(room, bo, "3")
    make_attachment(room, ana)
    assert "<dt>Files</dt><dd>3</dd>" in room_info(ana, room)
    block_person(user=ana, other=bo)
    assert "<dt>Files</dt><dd>2</dd>" in room_info(ana, room)


def room_info(user, room) -> str:
    client = Client()
    client.force_login(user)
    return client.get(f"/rooms/{room.pk}/info/").content.decode()
