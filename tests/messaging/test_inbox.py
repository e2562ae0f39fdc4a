"""The inbox: what is unread, in the order in which one works through it. The matrix has who sees what."""

import re
from datetime import timedelta

import pytest
from django.db.models import F

from accounts.models import Block, Mute
from messaging.history import inbox
from messaging.history.inbox import read_inbox
from messaging.models import Message
from messaging.posting.actions import clear_history, delete_message, edit_message
from messaging.posting.inbox import Position, mark_read, mark_unread
from messaging.saved.actions import save_message
from rooms.actions import open_direct_room
from rooms.models import Membership
from rooms.read_markers import ReadMarker, move_markers
from tests.factories import log_in, make_member, make_room, make_user, post

pytestmark = pytest.mark.django_db


def listed(user) -> list[tuple[str, int, list[str]]]:
    """The rooms of the inbox, each with the number of unread messages and those that are shown."""
    return [
        (each.room["name"], each.count, [message.body for message in each.messages])
        for each in read_inbox(user).conversations
    ]


def marker(user, room) -> int:
    return Membership.objects.get(user=user, room=room).last_read_seq


def test_those_for_the_user_come_first_then_the_latest(ana, ben, room):
    attic, cellar = make_room("Attic", owner=ana), make_room("Cellar", owner=ana)
    for each in (attic, cellar):
        make_member(each, ben)
    direct = open_direct_room(user=ana, other=ben)
    for number, (where, text) in enumerate(
        [(direct, "One"), (direct, "Two"), (room, "Nothing, @ben"), (attic, "Old"), (cellar, "New"), (attic, "Newest")]
    ):
        message = post(where, ana, text)
        Message.objects.filter(pk=message.pk).update(created_at=F("created_at") + timedelta(seconds=number))
        type(room).objects.filter(pk=where.pk).update(last_at=message.created_at + timedelta(seconds=number))
    assert listed(ben) == [
        ("Design", 1, ["Nothing, @ben"]),
        ("Ana Ferreira", 2, ["One", "Two"]),
        ("Attic", 2, ["Newest"]),
        ("Cellar", 1, ["New"]),
    ]
    assert listed(ana) == []


def test_replies_are_found_among_others(ana, ben, room):
    mine = post(room, ben, "How do I do this?")
    for number in range(5):
        post(room, ana, f"Other {number}")
    post(room, ana, "Like this", reply_to_id=mine.pk)
    post(room, ana, "Bye")
    [conversation] = read_inbox(ben).conversations
    assert [message.body for message in conversation.messages] == ["Like this"]
    assert conversation.is_for_me
    assert conversation.count == 7
    page = log_in(ben).get("/inbox/").content.decode()
    assert "Reply to you" in page
    assert "Mentions you" not in page


def test_the_newest_three_for_the_user_are_shown(ana, ben, room):
    for number in range(5):
        post(room, ana, f"@ben {number}")
    assert listed(ben) == [("Design", 5, ["@ben 2", "@ben 3", "@ben 4"])]


def test_muted_rooms_and_people_blocked_and_deleted_and_cleared_messages_are_left_out(ana, ben, room):
    cy, dan = make_user("cy"), make_user("dan")
    for user in (cy, dan):
        make_member(room, user)
    mine = post(room, ben, "Mine")
    post(room, ana, "Visible")
    for user in (cy, dan):
        post(room, user, f"Hidden from {user.username}", reply_to_id=mine.pk)
    delete_message(actor=ana, message_id=post(room, ana, "Deleted @ben").pk)
    Block.objects.create(blocker=ben, blocked=cy)
    Mute.objects.create(user=ben, muted=dan)
    ben = type(ben).objects.get(pk=ben.pk)
    [(name, _count, texts)] = listed(ben)
    assert (name, texts) == ("Design", ["Visible"])
    Membership.objects.filter(user=ben).update(is_muted=True)
    assert listed(ben) == []
    post(room, ana, "Quietly, @ben")
    assert listed(ben) == [("Design", 1, ["Quietly, @ben"])]
    clear_history(user=ben, room_id=room.pk)
    assert listed(ben) == []


def test_marking_as_read_and_undoing_it(ana, ben, room):
    client = log_in(ben)
    for number in range(3):
        post(room, ana, f"Number {number}")
    post(make_room("Elsewhere", owner=ana), ana, "Not for Ben")
    before = marker(ben, room)
    [position] = re.findall(
        r'name="read" value="([\d-]+)">\s*<button class="button is-secondary">Mark',
        client.get("/inbox/").content.decode(),
    )
    answer = client.post("/inbox/", {"read": position}, headers={"X-Requested-With": "fetch"}).json()
    assert marker(ben, room) == 3
    assert "all caught up" in client.get("/inbox/").content.decode()
    assert (
        client.post("/inbox/", {"unread": answer["unread"]}, headers={"X-Requested-With": "fetch"}).status_code == 200
    )
    assert marker(ben, room) == before
    client.post("/inbox/", {"read": position})  # again, at once
    assert marker(ben, room) == 3


def test_undo_brings_back_mentions_that_edits_had_added(ana, ben, room):
    client = log_in(ben)
    early, late = post(room, ana, "Tea?"), post(room, ana, "Coffee?")
    move_markers([ReadMarker(ben.pk, room.pk, late.seq)])
    edit_message(actor=ana, message_id=early.pk, body="Tea, @ben?")
    assert listed(ben) == [("Design", 1, ["Tea, @ben?"])]

    def change(**fields: str) -> str:
        return client.post("/inbox/", fields, headers={"X-Requested-With": "fetch"}).json().get("unread")

    undo = change(read=f"{room.pk}-{late.seq}")
    assert (listed(ben), undo) == ([], f"{room.pk}-{late.seq}:{early.seq}")
    change(unread=undo)
    assert (listed(ben), marker(ben, room)) == ([("Design", 1, ["Tea, @ben?"])], late.seq)

    newest = post(room, ana, "Cake?")
    undo = change(read=f"{room.pk}-{newest.seq}")
    assert listed(ben) == []
    change(unread=undo)
    assert (read_inbox(ben).conversations[0].mentions, marker(ben, room)) == ({early.seq}, late.seq)


def test_undo_restores_no_mention_that_there_is_not(ana, ben, room):
    """Programs can send any numbers."""
    texts = ["Not you", "@ben, but deleted", "@ben, but blocked", "@room", "@ben"]
    cy = make_member(room, make_user("cy"))
    seqs = [post(room, cy if "blocked" in text else ana, text).seq for text in texts]
    delete_message(actor=ana, message_id=Message.objects.get(seq=seqs[1]).pk)
    Block.objects.create(blocker=ben, blocked=cy)
    other = make_room("Secret", owner=ana, kind="private")
    post(other, ana, "@room")
    everything = Position(room.pk, seqs[-1], (*seqs, 999)), Position(other.pk, 1, (1,)), Position(10**17, 1, (1,))
    mark_read(user=ben, up_to=everything)
    mark_unread(user=ben, positions=everything)
    [conversation] = read_inbox(ben).conversations
    assert (conversation.mentions, marker(ben, room)) == ({seqs[3], seqs[4]}, seqs[-1])
    edit_message(actor=ana, message_id=Message.objects.get(seq=seqs[4]).pk, body="No longer")
    mark_unread(user=ben, positions=everything)
    assert read_inbox(ben).conversations[0].mentions == {seqs[3]}


def test_a_message_that_arrives_meanwhile_stays_unread(ana, ben, room):
    seen = post(room, ana, "Seen")
    post(room, ana, "Not seen")
    log_in(ben).post("/inbox/", {"read": f"{room.pk}-{seen.seq}"})
    assert listed(ben) == [("Design", 1, ["Not seen"])]


@pytest.mark.parametrize("field", ["read", "unread"])
@pytest.mark.parametrize(
    "text",
    [
        "",
        "7",
        "a-b",
        "1-2-3",
        "-1-2",
        "1-2,3-4",
        "1-1" + " 1-1" * 50,
        "9" * 19 + "-1",
        "٣-١",
        "1-1:",
        "1-1:2,",
        "1-1" + ":1" * 2,
    ],
)
def test_positions_that_cannot_be_parsed_are_refused(ben, field, text):
    response = log_in(ben).post("/inbox/", {field: text}, headers={"X-Requested-With": "fetch"})
    assert response.status_code == 400
    assert response.json()["field"] in ("read", "unread")


def test_rooms_of_others_are_ignored(ana, ben):
    room = make_room("Secret", owner=ana, kind="private")
    post(room, ana, "Secret")
    response = log_in(ben).post("/inbox/", {"read": f"{room.pk}-1"}, headers={"X-Requested-With": "fetch"})
    assert response.json() == {"unread": ""}


def test_there_are_more_conversations_than_fit(ana, ben, monkeypatch):
    monkeypatch.setattr(inbox, "MAX_CONVERSATIONS", 2)
    for number in range(4):
        room = make_room(f"Room {number}", owner=ana)
        make_member(room, ben)
        post(room, ana, "Hello")
    assert len(listed(ben)) == 2
    assert "2 more conversations have unread messages" in log_in(ben).get("/inbox/").content.decode()


def test_saved_messages_follow(ana, ben, room):
    save_message(user=ben, message_id=post(room, ana, "Worth keeping").pk)
    Membership.objects.update(last_read_seq=1)
    page = log_in(ben).get("/inbox/").content.decode()
    assert "all caught up" in page
    assert "Worth keeping" in page


def test_the_number_of_queries_does_not_grow(ana, ben, django_assert_max_num_queries):
    for number in range(3):
        room = make_room(f"Room {number}", owner=ana)
        make_member(room, ben)
        mine = post(room, ben, "Question")
        post(room, ana, "Answer", reply_to_id=mine.pk)
    with django_assert_max_num_queries(12) as few:
        read_inbox(ben)
    for number in range(3, 20):
        room = make_room(f"Room {number}", owner=ana)
        make_member(room, ben)
        mine = post(room, ben, "Question")
        post(room, ana, "Answer", reply_to_id=mine.pk)
    with django_assert_max_num_queries(len(few.captured_queries)):
        assert len(read_inbox(ben).conversations) == 20
