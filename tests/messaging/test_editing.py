"""Editing, deleting and clearing: permissions and results."""

from datetime import datetime
from functools import partial

import pytest

from messaging.errors import EditConflict, TooLong
from messaging.history import journal
from messaging.models import Message, Revision
from messaging.posting.actions import clear_history, delete_message, edit_message
from rooms.actions import archive_room, remove_member
from rooms.errors import Archived, Forbidden, Invalid, NotFound
from rooms.models import Membership
from rooms.serializers import serialize_time
from tests.factories import make_member, make_room, make_user, post

pytestmark = pytest.mark.django_db


@pytest.fixture
def people():
    owner, stranger = make_user("owner"), make_user("stranger")
    room = make_room("Workshop", owner=owner, kind="private")
    return {
        "owner": owner,
        "moderator": make_member(room, role="moderator"),
        "member": make_member(room),
        "other": make_member(room),
        "stranger": stranger,
        "room": room,
    }


@pytest.fixture
def message(people):
    return post(people["room"], people["member"], "Draft")


@pytest.mark.parametrize(
    ("who", "outcome"),
    [("stranger", NotFound), ("other", Forbidden), ("moderator", Forbidden), ("owner", Forbidden), ("member", None)],
)
def test_only_the_author_edits(people, message, who, outcome):
    if outcome:
        with pytest.raises(outcome):
            edit_message(actor=people[who], message_id=message.pk, body="Changed")
        message.refresh_from_db()
        assert message.body == "Draft"
    else:
        assert edit_message(actor=people[who], message_id=message.pk, body="Changed").edited_at is not None


@pytest.mark.parametrize(
    ("who", "outcome"),
    [("stranger", NotFound), ("other", Forbidden), ("moderator", None), ("owner", None), ("member", None)],
)
def test_author_and_moderators_delete(people, message, who, outcome):
    if outcome:
        with pytest.raises(outcome):
            delete_message(actor=people[who], message_id=message.pk)
    else:
        assert delete_message(actor=people[who], message_id=message.pk).deleted_at is not None


def test_removed_member_neither_edits_nor_deletes(people, message):
    remove_member(actor=people["owner"], room=people["room"], user=people["member"])
    for action in (lambda: edit_message(actor=people["member"], message_id=message.pk, body="x"),
                   lambda: delete_message(actor=people["member"], message_id=message.pk)):  # fmt: skip
        with pytest.raises(NotFound):
            action()


@pytest.mark.parametrize(("body", "outcome"), [("", Invalid), ("x" * 8001, TooLong)])
def test_edits_are_validated_like_posts(people, message, body, outcome):
    with pytest.raises(outcome):
        edit_message(actor=people["member"], message_id=message.pk, body=body)


def test_messages_in_archived_rooms_cannot_be_edited(people, message):
    archive_room(actor=people["owner"], room=people["room"])
    with pytest.raises(Archived):
        edit_message(actor=people["member"], message_id=message.pk, body="Changed")


def test_edit_keeps_the_earlier_body_and_an_unchanged_body_changes_nothing(people, message):
    edit_message(actor=people["member"], message_id=message.pk, body="Second")
    again = edit_message(actor=people["member"], message_id=message.pk, body="Second")
    assert [revision.body for revision in Revision.objects.all()] == ["Draft"]
    assert again.version == 2


def test_deleting_deletes_body_revisions_and_quotes(people, message):
    edit_message(actor=people["member"], message_id=message.pk, body="Second")
    reply = post(people["room"], people["other"], "Indeed", reply_to_id=message.pk)
    delete_message(actor=people["member"], message_id=message.pk)
    stored = Message.objects.get(pk=message.pk)
    assert (stored.body, stored.html, bytes(stored.fingerprint)) == ("", "", b"")
    assert not Revision.objects.exists()
    from messaging.history.events import serialize_message

    quoted = serialize_message(Message.objects.complete().get(pk=reply.pk))["reply_to"]
    assert quoted["excerpt"] == ""


def test_deleted_message_can_be_neither_deleted_again_nor_edited(people, message):
    delete_message(actor=people["member"], message_id=message.pk)
    with pytest.raises(NotFound):
        delete_message(actor=people["member"], message_id=message.pk)
    with pytest.raises(NotFound):
        edit_message(actor=people["member"], message_id=message.pk, body="Back")


def test_clearing_hides_earlier_messages_from_one_person_alone(people, message):
    room, member, other = people["room"], people["member"], people["other"]
    assert clear_history(user=member, room_id=room.pk) == 1
    later = post(room, other, "Later")
    floor = Membership.objects.get(user=member, room=room).cleared_seq
    assert [m.pk for m in journal.latest(room.pk, floor=floor, viewer=None).messages] == [later.pk]
    assert [m.pk for m in journal.latest(room.pk, viewer=None).messages] == [message.pk, later.pk]


def test_edit_does_not_replace_a_newer_one(people, message):
    """The second device's edit is based on the body that the first one has replaced."""
    edit = partial(edit_message, actor=people["member"], message_id=message.pk)
    first = edit(body="First device", based_on=None)
    with pytest.raises(EditConflict):
        edit(body="Second device", based_on=None)
    message.refresh_from_db()
    assert message.body == "First device"

    as_sent = datetime.fromisoformat(serialize_time(first.edited_at))
    assert edit(body="Second device", based_on=as_sent).body == "Second device"
    assert edit(body="Second device", based_on=as_sent).body == "Second device"  # a retry after a lost response
    assert edit(body="Of a client that doesn’t say").body == "Of a client that doesn’t say"
