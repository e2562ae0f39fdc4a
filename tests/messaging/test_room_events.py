"""Room events: recording, history pages, live delivery and blocked people."""

import json
from datetime import timedelta
from io import BytesIO
from zipfile import ZipFile

import pytest
from django.core.management import call_command
from django.utils import timezone

from accounts.actions import NewUser, register_user
from accounts.data_export import archive
from messaging.history.redaction import redact_event
from messaging.history.room_events import read_events
from messaging.posting.actions import clear_history, delete_message, pin_message, unpin_message
from messaging.runtime.commands import sync
from messaging.runtime.protocol import Sync
from rooms import actions, events, room_events
from rooms.additions import add_members
from rooms.blocking import block_person
from rooms.models import RoomEvent
from rooms.moderation import ban_member
from tests.factories import log_in, make_member, make_room, make_user, post

pytestmark = pytest.mark.django_db


@pytest.fixture
def published(monkeypatch) -> list:
    """The live events of rooms, in order."""
    found: list = []

    def publish(topic, event, *controls, about=()):
        if event["type"] == "room.event":
            found.append((event, about))

    monkeypatch.setattr(events, "publish", publish)
    return found


@pytest.fixture
def square(people):
    return make_room("Square", owner=people["owner"])


def page_of(user, room, field="events"):
    return log_in(user).get(f"/rooms/{room.pk}/conversation/").json()[field]


def happened(user, room, query="") -> list[tuple]:
    """Return the events on a page as (kind, actor, subject, text)."""
    page = log_in(user).get(f"/rooms/{room.pk}/messages/{query}").json()
    name = lambda person: person and person["username"]  # noqa: E731
    return [(each["kind"], name(each["actor"]), name(each["subject"]), each["text"]) for each in page["events"]]


def test_members_who_join_leave_and_are_added_or_removed(people, square):
    owner, other, member, banned = (people[name] for name in ("owner", "other", "member", "stranger"))
    actions.join_room(user=other, room=square)
    actions.add_member(actor=owner, room=square, user=member)
    actions.add_member(actor=owner, room=square, user=people["moderator"], by_invitation=True)
    for each in (people["former"], banned):
        make_member(square, each)
    actions.leave_room(user=people["moderator"], room=square)
    actions.remove_member(actor=owner, room=square, user=people["former"])
    ban_member(actor=owner, room=square, user=banned)
    assert happened(owner, square) == [
        ("joined", other.username, other.username, ""),
        ("added", "owner", member.username, ""),
        ("left", people["moderator"].username, people["moderator"].username, ""),
        ("removed", None, people["former"].username, ""),
        ("removed", None, "stranger", ""),
    ]


def test_changed_settings_and_pins(people, square):
    owner, message = people["owner"], post(square, people["owner"])
    actions.update_room(actor=owner, room=square, name="Plaza", topic="Benches")
    actions.update_room(actor=owner, room=square, kind="private", topic="Benches")
    pin_message(actor=owner, message_id=message.pk)
    actions.archive_room(actor=owner, room=square)
    assert happened(owner, square) == [
        ("renamed", "owner", None, "Plaza"),
        ("topic", "owner", None, "Benches"),
        ("visibility", "owner", None, "private"),
        ("pinned", "owner", None, ""),
        ("archived", "owner", None, ""),
    ]
    assert RoomEvent.objects.get(kind="pinned").message_seq == message.seq


def test_nothing_about_messages_and_unread_counts_changes(people):
    room = people["room"]
    post(room, people["owner"])
    actions.update_room(actor=people["owner"], room=room, name="Atelier")
    room.refresh_from_db()
    assert (room.last_seq, room.version) == (1, 1)
    page = log_in(people["member"]).get(f"/rooms/{room.pk}/conversation/").json()
    assert page["room"]["unread"] == 1
    assert [each["after_seq"] for each in page["events"] if each["kind"] == "renamed"] == [1]


def test_new_accounts_join_the_default_rooms_silently(everyone):
    register_user(new_user=NewUser(username="newcomer", password="a long pass phrase"))
    assert everyone.memberships.filter(user__username="newcomer").exists()
    assert not RoomEvent.objects.exists()


def test_adding_many_is_one_statement_and_one_live_event(people, square, published, django_assert_max_num_queries):
    newcomers = [make_user() for _ in range(20)]
    published.clear()
    add_members(actor=people["owner"], room=square, people=newcomers)
    [(event, about)] = published
    assert [each["subject"]["id"] for each in event["events"]] == [each.pk for each in newcomers]
    assert set(about) == {people["owner"].pk, *(each.pk for each in newcomers)}
    with django_assert_max_num_queries(5):
        room_events.record(square, *room_events.added(people["owner"], newcomers))


class TestFloods:
    def test_leaving_and_joining_again_and_again_leaves_one_line(self, people, square, published):
        for _ in range(10):
            actions.join_room(user=people["other"], room=square)
            actions.leave_room(user=people["other"], room=square)
        assert [kind for kind, *_ in happened(people["owner"], square)] == ["left"]
        assert published[-1][0]["removed"] == [published[-2][0]["events"][0]["id"]]

    def test_pinning_renaming_and_archiving_again_leaves_the_last(self, people):
        owner, room = people["owner"], people["room"]
        message = post(room, owner)
        for name in ("One", "Two", "Three"):
            pin_message(actor=owner, message_id=message.pk)
            unpin_message(actor=owner, message_id=message.pk)
            actions.update_room(actor=owner, room=room, name=name)
            actions.archive_room(actor=owner, room=room)
            actions.unarchive_room(actor=owner, room=room)
        found = [(kind, text) for kind, _actor, _subject, text in happened(owner, room)]
        assert found[-3:] == [("pinned", ""), ("renamed", "Three"), ("unarchived", "")]
        assert len([each for each in found if each[0] in ("pinned", "renamed", "archived", "unarchived")]) == 3

    def test_an_earlier_line_stays_after_ten_minutes(self, people, square):
        actions.join_room(user=people["other"], room=square)
        RoomEvent.objects.update(at=timezone.now() - timedelta(minutes=11))
        actions.leave_room(user=people["other"], room=square)
        assert [kind for kind, *_ in happened(people["owner"], square)] == ["joined", "left"]

    def test_at_most_two_hundred_a_minute_are_recorded_in_a_room(self, people, square, published):
        crowd = [make_user() for _ in range(room_events.MOST_PER_MINUTE + 5)]
        room_events.record(square, *room_events.added(people["owner"], crowd))
        assert RoomEvent.objects.filter(room=square).count() == room_events.MOST_PER_MINUTE
        actions.join_room(user=people["other"], room=square)
        assert RoomEvent.objects.filter(room=square).count() == room_events.MOST_PER_MINUTE
        assert len(published) == 1

    def test_a_page_has_the_newest_two_hundred(self, people, square):
        RoomEvent.objects.bulk_create(
            RoomEvent(room=square, kind="renamed", text=str(n), after_seq=0, at=timezone.now()) for n in range(205)
        )
        texts = [text for *_, text in happened(people["owner"], square)]
        assert texts == [str(n) for n in range(5, 205)]


class TestPins:
    @pytest.fixture
    def pinned(self, people, square):
        """A message by someone else that the owner has pinned."""
        message = post(square, make_member(square, people["member"]))
        pin_message(actor=people["owner"], message_id=message.pk)
        return message

    def message_of(self, user, room):
        [event] = [each for each in page_of(user, room) if each["kind"] == "pinned"]
        return event["message"]

    def test_the_event_names_the_message(self, people, square, pinned):
        assert self.message_of(people["owner"], square) == {"id": pinned.pk, "sender": people["member"].pk}

    def test_the_live_event_names_it_except_to_those_who_block_its_author(self, people, square, published):
        message = post(square, make_member(square, people["member"]))
        pin_message(actor=people["owner"], message_id=message.pk)
        [(event, about)] = published
        assert event["events"][0]["message"] == {"id": message.pk, "sender": people["member"].pk}
        assert set(about) == {people["owner"].pk, people["member"].pk}
        left = json.loads(redact_event(json.dumps(event), frozenset({people["member"].pk})))
        assert [(each["kind"], each["message"]) for each in left["events"]] == [("pinned", None)]

    def test_it_is_left_out_when_deleted_cleared_or_by_someone_blocked(self, people, square, pinned):
        viewer = make_member(square, people["other"])
        block_person(user=viewer, other=people["member"])
        assert self.message_of(viewer, square) is None
        clear_history(user=people["owner"], room_id=square.pk)
        RoomEvent.objects.update(after_seq=post(square, people["owner"]).seq)
        assert self.message_of(people["owner"], square) is None
        delete_message(actor=people["member"], message_id=pinned.pk)
        assert self.message_of(people["member"], square) is None

    def test_pins_cost_one_more_query_than_other_events(self, people, square, django_assert_num_queries):
        for _ in range(5):
            pin_message(actor=people["owner"], message_id=post(square, people["owner"]).pk)
        with django_assert_num_queries(2):
            found = read_events(square.pk, viewer=people["owner"], floor=0, first=0)
        assert all(each["message"] for each in found)


class TestSync:
    def missed(self, user, *, rooms=None, **first):
        """Return the `room.events` of a sync, given the first number of each room."""
        command = Sync("1", rooms or {}, {int(room): seq for room, seq in first.items()})
        replies = [json.loads(text) for text in sync(user, command).events]
        return [each for each in replies if each["type"] == "room.events"]

    def test_a_page_gets_the_events_that_it_missed_and_the_latest_id(self, people, square):
        owner = people["owner"]
        for name in ("One", "Two", "Three"):
            actions.update_room(actor=owner, room=square, name=name)
            RoomEvent.objects.update(at=timezone.now() - timedelta(minutes=11))
            post(square, owner)
        square.refresh_from_db()
        assert square.last_event == RoomEvent.objects.latest("pk").pk
        assert page_of(owner, square, "room")["last_event"] == square.last_event
        [reply] = self.missed(owner, **{str(square.pk): 1})
        assert [each["text"] for each in reply["events"]] == ["Two", "Three"]
        assert (reply["room"], reply["since"], reply["last_event"]) == (square.pk, 1, square.last_event)

    def test_of_many_the_newest_are_sent_and_older_ones_remain_valid(self, people, square):
        times = {"room": square, "kind": "renamed", "at": timezone.now()}
        RoomEvent.objects.bulk_create(RoomEvent(**times, text=str(n), after_seq=n // 10) for n in range(300))
        [reply] = self.missed(people["owner"], **{str(square.pk): 0})
        assert [each["text"] for each in reply["events"]] == [str(n) for n in range(100, 300)]
        assert reply["since"] == 11  # some of those after message 10 were cut off

    def test_cleared_history_people_who_are_blocked_and_other_rooms_are_left_out(self, people, square):
        viewer, blocked = make_member(square, people["member"]), people["stranger"]
        make_member(square, blocked)
        actions.update_room(actor=people["owner"], room=square, name="Plaza")
        post(square, people["owner"])
        clear_history(user=viewer, room_id=square.pk)
        assert self.missed(viewer, **{str(square.pk): 0})[0]["events"] == []
        post(square, people["owner"])
        add_members(actor=blocked, room=square, people=[people["other"]])
        assert len(self.missed(viewer, **{str(square.pk): 0})[0]["events"]) == 1
        block_person(user=viewer, other=blocked)
        assert self.missed(viewer, **{str(square.pk): 0})[0]["events"] == []
        assert self.missed(blocked, **{str(people["room"].pk): 0, "999999": 0}) == []


class TestPages:
    @pytest.fixture
    def long(self, people, square):
        """A room with 120 messages, and an event after each tenth."""
        for n in range(120):
            if n % 10 == 0:
                RoomEvent.objects.create(room=square, kind="renamed", text=str(n), after_seq=n, at=timezone.now())
            post(square, people["owner"])
        return square

    def test_each_page_has_the_events_of_its_range(self, people, long):
        texts = lambda query: [int(text) for *_, text in happened(people["owner"], long, query)]  # noqa: E731
        assert texts("") == [80, 90, 100, 110]
        assert texts("?before=71") == [30, 40, 50, 60, 70]
        assert texts("?before=21") == [0, 10, 20]
        assert texts("?after=70") == [70, 80, 90, 100, 110]
        assert texts("?around=60") == [40, 50, 60, 70, 80]

    def test_cleared_history_has_no_events(self, people, long):
        owner = people["owner"]
        clear_history(user=owner, room_id=long.pk)
        actions.update_room(actor=owner, room=long, name="Before the next message")
        assert happened(owner, long) == []
        post(long, owner)
        actions.update_room(actor=owner, room=long, name="After it")
        assert [text for *_, text in happened(owner, long)] == ["After it"]

    def test_events_cost_one_query(self, people, long, django_assert_num_queries):
        with django_assert_num_queries(1):
            assert len(room_events.read_room_events(long.pk, viewer=people["owner"])) == 12


class TestBlocks:
    def test_blocked_actors_and_subjects_are_left_out(self, people, square):
        owner, viewer, blocked = people["owner"], people["member"], people["stranger"]
        make_member(square, viewer)
        actions.add_member(actor=owner, room=square, user=blocked)
        actions.add_member(actor=blocked, room=square, user=people["other"])
        actions.update_room(actor=owner, room=square, name="Plaza")
        assert len(happened(viewer, square)) == 3
        block_person(user=viewer, other=blocked)
        assert [kind for kind, *_ in happened(viewer, square)] == ["renamed"]

    def test_live_events_are_redacted(self, people, square, published):
        blocked = people["stranger"]
        add_members(actor=people["owner"], room=square, people=[blocked, people["other"]])
        text = json.dumps(published[-1][0])
        left = json.loads(redact_event(text, frozenset({blocked.pk})))
        assert [each["subject"]["id"] for each in left["events"]] == [people["other"].pk]
        assert redact_event(text, frozenset({people["owner"].pk})) == ""


def test_strangers_get_none_of_a_private_room(people):
    assert log_in(people["stranger"]).get(f"/rooms/{people['room'].pk}/messages/").status_code == 404


def test_old_events_are_pruned(people, square, capsys):
    actions.join_room(user=people["other"], room=square)
    RoomEvent.objects.filter(room=square).update(at=timezone.now() - timedelta(days=91))
    actions.join_room(user=people["member"], room=square)
    before = RoomEvent.objects.count()
    call_command("prune")
    assert "Removed 1 room events." in capsys.readouterr().out
    assert RoomEvent.objects.count() == before - 1


def test_ones_own_events_are_exported(people, square):

    actions.add_member(actor=people["owner"], room=square, user=people["stranger"])
    exported = {}
    for name in ("stranger", "owner", "other"):
        with ZipFile(BytesIO(b"".join(archive(people[name])))) as file:
            exported[name] = [each for each in json.loads(file.read("room_events.json")) if each["kind"] == "added"]
    assert [each["room__name"] for each in exported["stranger"]] == ["Square"]
    assert exported["stranger"][0]["actor_id"] == people["owner"].pk
    assert not [each for each in exported["other"] if each["subject_id"] != people["other"].pk]


def test_a_deleted_room_takes_its_events_along(people, square):
    actions.join_room(user=people["other"], room=square)
    actions.delete_room(actor=people["owner"], room=square)
    assert not RoomEvent.objects.filter(room_id=square.pk).exists()
