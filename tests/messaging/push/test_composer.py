"""A notification says what its message says when it is sent, and isn't sent to those who no longer want it."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Block, Mute, User
from messaging.models import NotificationPreferences, RoomPush
from messaging.models.alias import Alias
from messaging.posting.actions import clear_history, delete_message, edit_message
from messaging.push.composer import compose
from messaging.push.encryption import MAX_PLAINTEXT
from messaging.push.queue import enqueue_closings
from rooms.actions import leave_room, open_direct_room
from rooms.conversations import open_conversation
from rooms.models import Membership
from rooms.read_markers import ReadMarker, move_markers
from tests.factories import make_attachment, make_bot, make_member, make_room, make_user, post
from tests.push_device import Device
from tests.push_site import notify, subscribe_device

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def own_key(settings, tmp_path):
    settings.DATA_DIR = tmp_path


@pytest.fixture
def mira():
    mira = make_user("mira")
    subscribe_device(mira, Device("https://fcm.googleapis.com/phone"))
    return mira


@pytest.fixture
def room(ana, mira):
    room = make_room("Garden", owner=ana)
    make_member(room, mira)
    return room


def composed() -> list:
    return compose(list(RoomPush.objects.values_list("pk", flat=True)))


def content() -> dict:
    [only] = composed()
    return json.loads(only.content.encoded(MAX_PLAINTEXT))


def shown() -> tuple[str, str]:
    notification = content()["notification"]
    return notification["title"], notification["body"]


# -- the content ------------------------------------------------------------------------------------


def test_a_notification_names_the_sender_the_room_and_the_text(room, ana, mira):
    message = post(room, ana, "**Hello**, the ||butler|| did it.\n\nAnd `more`")
    notify(message, mira)
    assert shown() == ("Ana Ferreira · #Garden", "Hello, the ▒▒▒▒ did it. And more")
    data = content()
    url = f"https://chat.example.org/rooms/{room.pk}/messages/{message.seq}/"
    assert (data["notification"]["navigate"], data["notification"]["tag"]) == (url, f"room-{room.pk}")


def test_an_alias_is_named_as_a_bot(room, mira):
    bot = make_member(room, make_bot("deploys"))
    notify(post(room, bot, "Version 7", alias=Alias("Release train", "🚋")), mira)
    assert shown() == ("Release train (bot) · #Garden", "Version 7")


def test_the_envelope_lets_it_replace_an_earlier_one(room, ana, mira):
    notify(post(room, ana), mira)
    [only] = composed()
    assert (only.envelope.topic, only.envelope.urgency) == (f"room-{room.pk}", "high")
    assert 23 * 3600 < only.envelope.ttl <= 24 * 3600


def test_direct_messages_name_only_the_sender(ana, mira):
    notify(post(open_direct_room(user=ana, other=mira), ana, "Hello"), mira)
    assert shown() == ("Ana Ferreira", "Hello")


def test_groups_are_named_after_those_whom_the_user_sees(ana, mira):
    ben, zoe = make_user("ben"), make_user("zoe")
    group = open_conversation(user=ana, others=[mira, ben, zoe])
    Block.objects.create(blocker=mira, blocked=zoe)
    notify(post(group, ana, "Hello"), mira)
    assert shown() == ("Ana Ferreira · Ana Ferreira and ben", "Hello")


def test_a_message_with_only_files_names_them(room, ana, mira):
    message = post(room, ana, attachments=[make_attachment(room, ana, name="plan.pdf").pk], body="")
    notify(message, mira)
    assert shown()[1] == "📎 plan.pdf"


def test_a_long_text_is_cut(room, ana, mira):
    notify(post(room, ana, "word " * 1_000), mira)
    assert len(shown()[1]) <= 500
    assert shown()[1].endswith("…")


def test_without_content_it_only_says_that_there_is_a_message(room, ana, mira):
    NotificationPreferences.objects.create(user=mira, shows_content=False)
    notify(post(room, ana, "Secret"), mira)
    assert shown() == ("New message", "")
    assert not {"Ana", "Garden", "Secret"} & set(json.dumps(content()).replace('"', " ").split())


def test_an_edited_message_is_shown_as_it_is_now(room, ana, mira):
    message = post(room, ana, "Helo")
    notify(message, mira)
    edit_message(actor=ana, message_id=message.pk, body="Hello")
    assert shown()[1] == "Hello"


def test_the_badge_counts_what_is_for_the_user(room, ana, mira):
    direct = open_direct_room(user=ana, other=mira)
    for text in ("One", "Two"):
        post(direct, ana, text)
    post(room, ana, "Not for anyone")
    notify(post(room, ana, "@mira look"), mira)
    assert content()["app_badge"] == 3
    Membership.objects.filter(user=mira, room=direct).update(is_muted=True)
    assert content()["app_badge"] == 1


# -- those who no longer want it --------------------------------------------------------------------


@pytest.fixture
def message(room, ana, mira):
    message = post(room, ana, "Hello")
    notify(message, mira)
    assert len(composed()) == 1
    return message


def test_a_deleted_message_is_not_sent(message, ana):
    delete_message(actor=ana, message_id=message.pk)
    assert composed() == []


def test_a_message_that_was_read_is_not_sent(message, mira):
    move_markers([ReadMarker(mira.pk, message.room_id, message.seq)])
    assert composed() == []


def test_a_message_that_was_cleared_is_not_sent(message, mira):
    clear_history(user=mira, room_id=message.room_id)
    Membership.objects.filter(user=mira).update(last_read_seq=0)
    assert composed() == []


def test_a_message_in_a_room_that_the_user_left_is_not_sent(message, mira):
    leave_room(user=mira, room=message.room)
    assert composed() == []


def test_a_message_in_a_room_that_is_now_muted_is_not_sent(message, mira):
    Membership.objects.filter(user=mira).update(is_muted=True)
    assert composed() == []


@pytest.mark.parametrize("relation", ["block", "mute"])
def test_a_message_by_someone_whom_the_user_blocks_or_mutes_is_not_sent(message, ana, mira, relation):
    if relation == "block":
        Block.objects.create(blocker=mira, blocked=ana)
    else:
        Mute.objects.create(user=mira, muted=ana)
    assert composed() == []


def test_a_direct_message_by_someone_whom_the_user_blocks_is_not_sent(ana, mira):
    notify(post(open_direct_room(user=ana, other=mira), ana, "Hello"), mira)
    Block.objects.create(blocker=mira, blocked=ana)
    assert composed() == []


@pytest.mark.parametrize("change", [{"is_active": False}, {"status": "dnd"}])
def test_nothing_is_sent_to_a_suspended_or_busy_user(message, mira, change):
    User.objects.filter(pk=mira.pk).update(**change)
    assert composed() == []


def test_nothing_is_sent_to_users_who_turned_push_off(message, mira):
    NotificationPreferences.objects.create(user=mira, push=False)
    assert composed() == []


def test_an_expired_notification_is_not_sent(message):
    RoomPush.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert composed() == []


# -- closing, and the cost --------------------------------------------------------------------------


def test_a_closing_names_the_room_and_the_new_badge(message, mira):
    RoomPush.objects.update(is_shown=True, due_at=None)
    move_markers([ReadMarker(mira.pk, message.room_id, message.seq)])
    enqueue_closings([(mira.pk, message.room_id)])
    assert content() == {"web_push": 8030, "close": [f"room-{message.room_id}"], "app_badge": 0}


def test_composing_takes_the_same_queries_for_any_number(room, ana, mira, django_assert_max_num_queries):
    rooms = [make_room(owner=ana) for _ in range(5)]
    people = [make_user() for _ in range(5)]
    for person in people:
        subscribe_device(person, Device(f"https://fcm.googleapis.com/{person.pk}"))
    groups = [open_conversation(user=ana, others=[person, mira]) for person in people]
    for each in rooms:
        for person in people:
            make_member(each, person)
        notify(post(each, ana, "Hello"), *people)
    for group, person in zip(groups, people, strict=True):
        notify(post(group, ana, "Hello"), person, mira)
    with django_assert_max_num_queries(8):
        assert len(composed()) == 5 * 5 + 5 + 5
