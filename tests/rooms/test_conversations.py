"""Group conversations: opening the one with certain people, its title, and making it a private room."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from accounts.lifecycle.deletion import delete_account
from accounts.models import AuditEvent, User
from messaging.posting.actions import delete_message
from messaging.web.sidebar import render_sidebar
from rooms import actions
from rooms.blocking import block_person, mute_room, unblock_person
from rooms.conversations import MAX_GROUP, make_private_room, open_conversation
from rooms.errors import Blocked, Forbidden, Invalid, LimitReached, NotAMember, NotFound
from rooms.models import Membership, Room, RoomEvent
from rooms.room_list import close_conversation, set_favorite
from rooms.serializers import serialize_room_for, serialize_room_labels, serialize_rooms_for
from rooms.titles import conversation_title
from tests.factories import make_room, make_user, post
from tests.rooms.conftest import json_client

pytestmark = pytest.mark.django_db


@pytest.fixture
def ana(db) -> User:
    return make_user("ana", display_name="Ana Ferreira")


@pytest.fixture
def ben(db) -> User:
    return make_user("ben", display_name="Ben Okafor")


@pytest.fixture
def zoe(db) -> User:
    return make_user("zoe", display_name="Zoë Laurent")


@pytest.fixture
def group(ana, ben, zoe) -> Room:
    return open_conversation(user=ana, others=[ben, zoe])


def in_list(user: User, room: Room) -> dict:
    return next(each for each in serialize_rooms_for(User.objects.get(pk=user.pk)) if each["id"] == room.pk)


class TestOpening:
    def test_one_person_makes_a_direct_room_and_several_make_a_group(self, ana, ben, zoe):
        assert open_conversation(user=ana, others=[ben]).kind == "direct"
        group = open_conversation(user=ana, others=[ben, zoe])
        assert group.kind == "group"
        assert set(group.memberships.values_list("user", "role")) == {(each.pk, "member") for each in (ana, ben, zoe)}

    def test_the_same_people_find_it_again_in_any_order(self, ana, ben, zoe, group):
        assert open_conversation(user=zoe, others=[ana, ben]) == group
        assert open_conversation(user=ben, others=[zoe, ben, ana, zoe]) == group, "oneself and duplicates don't count"
        assert Room.objects.filter(kind="group").count() == 1

    def test_other_people_have_another_one(self, ana, ben, zoe, group):
        larger = open_conversation(user=ana, others=[ben, zoe, make_user()])
        assert larger != group
        assert larger.memberships.count() == 4

    def test_a_group_that_someone_else_creates_in_the_same_moment_is_found(self, ana, ben, zoe, group, monkeypatch):
        """As after the query of `_open_group`, which didn't find it yet."""
        monkeypatch.setattr(type(Room.objects.all()), "first", lambda self: None)
        found = open_conversation(user=ben, others=[ana, zoe])
        monkeypatch.undo()
        assert found == group
        assert Membership.objects.filter(room=group).count() == 3
        assert Room.objects.filter(kind="group").count() == 1

    def test_at_most_ten_people(self, ana):
        others = [make_user() for _ in range(MAX_GROUP)]
        with pytest.raises(Invalid, match=r"at most 10 people, including you\. Create") as refusal:
            open_conversation(user=ana, others=others)
        assert refusal.value.field == "user"
        assert open_conversation(user=ana, others=others[1:]).memberships.count() == MAX_GROUP

    def test_not_with_oneself_alone(self, ana):
        with pytest.raises(Invalid):
            open_conversation(user=ana, others=[ana])

    def test_suspended_people_are_refused_as_in_direct_rooms(self, ana, ben, zoe):
        User.objects.filter(pk=zoe.pk).update(is_active=False)
        zoe.refresh_from_db()
        messages = []
        for others in ([zoe], [ben, zoe]):
            with pytest.raises(NotFound) as refusal:
                open_conversation(user=ana, others=others)
            messages.append(str(refusal.value))
        assert messages[0] == messages[1]

    @pytest.mark.parametrize("reason", ["they block", "I block", "no direct messages"])
    def test_people_whom_one_may_not_message_are_refused_with_the_same_words(self, ana, ben, zoe, reason):
        if reason == "no direct messages":
            User.objects.filter(pk=zoe.pk).update(allows_direct_messages=False)
        else:
            block_person(**({"user": zoe, "other": ana} if reason == "they block" else {"user": ana, "other": zoe}))
        with pytest.raises(Blocked) as refusal:
            open_conversation(user=ana, others=[ben, zoe])
        assert str(refusal.value) == "You can’t message this person: Zoë Laurent."
        assert not Room.objects.filter(kind="group").exists()

    def test_one_who_takes_no_direct_messages_starts_no_group(self, ana, ben, zoe):
        User.objects.filter(pk=ana.pk).update(allows_direct_messages=False)
        with pytest.raises(Blocked):
            open_conversation(user=ana, others=[ben, zoe])

    def test_a_block_between_two_others_is_not_revealed(self, ana, ben, zoe):
        block_person(user=ben, other=zoe)
        assert open_conversation(user=ana, others=[ben, zoe]).memberships.count() == 3

    def test_the_rate_is_that_of_direct_rooms(self, ana, ben, zoe, as_user, settings):
        settings.CHAT_ADDITIONS_PER_HOUR = 2
        client = json_client(as_user(ana))
        names = ["ben", "ben,zoe", f"ben,zoe,{make_user().username}"]
        answers = [client.post("/direct/new/", {"user": each}) for each in names]
        assert [answer.status_code for answer in answers] == [200, 200, 429]
        assert client.post("/direct/new/", {"user": "zoe,ben"}).status_code == 200, "not for one that exists"

    def test_the_audit_log_does_not_tell_who(self, group):
        event = AuditEvent.objects.get(kind="room opened")
        assert (event.actor, event.target_name, event.detail) == (None, "", {})


class TestPage:
    def test_form_opens_the_group(self, ana, ben, zoe, as_user):
        answer = as_user(ana).post("/direct/new/", {"user": "ben, Zoë Laurent"})
        group = Room.objects.get(kind="group")
        assert answer.url == group.get_absolute_url()

    def test_form_shows_the_limit_and_the_remedy(self, ana, as_user):
        names = ", ".join(make_user().username for _ in range(MAX_GROUP))
        page = as_user(ana).post("/direct/new/", {"user": names}).content.decode()
        assert "at most 10 people, including you. Create a private room for more" in page

    def test_programs_get_the_room_or_the_error(self, ana, ben, zoe, as_user):
        client = json_client(as_user(ana))
        room = client.post("/direct/new/", {"user": "ben,zoe"}).json()["room"]
        assert (room["kind"], room["name"]) == ("group", "Ben Okafor and Zoë Laurent")
        answer = client.post("/direct/new/", {"user": "ben,nobody"})
        assert answer.status_code == 400
        assert answer.json()["field"] == "user"


class TestTitle:
    def test_names_the_others(self, ana, ben, zoe, group):
        room = in_list(ana, group)
        assert room["name"] == "Ben Okafor and Zoë Laurent"
        assert [person["username"] for person in room["people"]] == ["ben", "zoe"]
        assert (room["peer"], room["slug"], room["topic"]) == (None, "", "")
        assert in_list(zoe, group)["name"] == "Ana Ferreira and Ben Okafor"

    @pytest.mark.parametrize(
        ("names", "title"),
        [([], "Group conversation"), (["Ana"], "Ana"), (["Ana", "Mira", "Zoë"], "Ana, Mira and Zoë")],
    )
    def test_is_a_list(self, names, title):
        with translation.override("en"):
            assert conversation_title(names) == title

    def test_leaves_out_blocked_people(self, ana, ben, zoe, group):
        block_person(user=ana, other=ben)
        assert in_list(ana, group)["name"] == "Zoë Laurent"
        assert serialize_room_labels(ana, [group.pk])[group.pk]["name"] == "Zoë Laurent"
        assert in_list(ben, group)["name"] == "Ana Ferreira and Zoë Laurent"
        unblock_person(user=ana, other=ben)
        assert in_list(ana, group)["name"] == "Ben Okafor and Zoë Laurent"

    def test_details_list_everyone(self, ana, group, as_user):
        html = as_user(ana).get(f"/rooms/{group.pk}/info/").content.decode()
        assert "<bdi>Ben Okafor and Zoë Laurent</bdi>" in html
        for name in ("Ana Ferreira", "Ben Okafor", "Zoë Laurent"):
            assert f"<bdi>{name}</bdi>" in html
        assert f"/rooms/{group.pk}/members/" not in html

    def test_sidebar_names_and_counts_the_others(self, ana, group):
        html = render_sidebar(serialize_rooms_for(ana), None, "").people_rows
        assert ">Ben Okafor and Zoë Laurent</bdi>" in html
        assert 'data-kind="group" data-count="2"' in html

    def test_as_many_queries_for_500_groups_as_for_one(self, ana, ben, zoe, group):
        def count() -> int:
            user = User.objects.get(pk=ana.pk)
            with CaptureQueriesContext(
                connection,
            ) as queries:
                serialize_rooms_for(user)
            return len(queries)

        few = count()
        people = [make_user() for _ in range(40)]
        for one in range(0, 40, 4):
            open_conversation(user=ana, others=people[one : one + 4])
        assert count() == few


class TestLiving:
    def test_each_message_counts_for_each(self, ana, ben, zoe, group):
        post(group, ana, "Hello")
        assert [in_list(user, group)["unread"] for user in (ana, ben, zoe)] == [0, 1, 1]

    def test_no_one_is_added_removed_or_leaves(self, ana, ben, group):
        for action in (
            lambda: actions.add_member(actor=ana, room=group, user=make_user()),
            lambda: actions.remove_member(actor=ana, room=group, user=ben),
            lambda: actions.leave_room(user=ana, room=group),
            lambda: actions.change_role(actor=ana, room=group, user=ben, role="owner"),
            lambda: actions.update_room(actor=ana, room=group, name="Ours"),
            lambda: actions.archive_room(actor=ana, room=group),
            lambda: actions.delete_room(actor=ana, room=group),
        ):
            with pytest.raises(Forbidden):
                action()
        assert group.memberships.count() == 3

    def test_no_settings_members_or_bans(self, ana, ben, group, as_user):
        for page in ("settings", "members", "bans", "ownership", "delete", f"members/{ben.pk}/ban"):
            assert as_user(ana).get(f"/rooms/{group.pk}/{page}/").status_code == 404, page

    def test_everyone_deletes_only_their_own_messages(self, ana, ben, group):
        message = post(group, ana, "Mine")
        with pytest.raises(Forbidden):
            delete_message(actor=ben, message_id=message.pk)
        delete_message(actor=ana, message_id=message.pk)

    def test_is_closed_until_the_next_message(self, ana, ben, group):
        post(group, ben, "Hello")
        close_conversation(user=ana, room=group)
        assert in_list(ana, group)["closed_seq"] == 1
        assert in_list(ben, group)["closed_seq"] is None
        open_conversation(user=ana, others=[ben, User.objects.get(username="zoe")])
        assert in_list(ana, group)["closed_seq"] is None

    def test_is_muted_and_a_favorite(self, ana, group):
        mute_room(user=ana, room=group)
        set_favorite(user=ana, room=group)
        assert (in_list(ana, group)["muted"], in_list(ana, group)["is_favorite"]) == (True, True)

    def test_is_in_no_list_of_rooms(self, ana, ben, group, as_user):
        assert f'/rooms/{group.pk}/"' not in as_user(ana).get("/rooms/?show=joined").content.decode()
        assert f'/rooms/{group.pk}/"' not in as_user(ana).get("/people/ben/").content.decode()

    def test_deleted_accounts_stay_in_it(self, ana, ben, group):
        delete_account(user=ben, with_messages=False)
        assert group.memberships.count() == 3
        assert in_list(ana, group)["name"].startswith("Deleted user")


class TestPrivateRoom:
    def test_keeps_history_and_members_and_has_an_owner(self, ana, ben, zoe, group):
        post(group, ben, "Before")
        close_conversation(user=zoe, room=group)
        room = make_private_room(actor=ana, room=group, name="  Launch  plan ")
        assert (room.pk, room.kind, room.name, room.conversation_key) == (group.pk, "private", "Launch plan", None)
        roles = dict(room.memberships.values_list("user__username", "role"))
        assert roles == {"ana": "owner", "ben": "member", "zoe": "member"}
        found = in_list(zoe, room)
        assert (found["name"], found["kind"], found["last_seq"], found["closed_seq"]) == (
            "Launch plan",
            "private",
            1,
            None,
        )
        event = RoomEvent.objects.get(room=room)
        assert (event.kind, event.actor, event.text, event.after_seq) == ("converted", ana, "Launch plan", 1)

    def test_is_audited(self, ana, group):
        room = make_private_room(actor=ana, room=group, name="Launch")
        event = AuditEvent.objects.get(kind="room made")
        assert (event.actor, event.target_id, event.target_name) == (ana, room.pk, "Launch")
        assert event.detail == {"kind": "private", "previous_kind": "group"}

    def test_the_same_people_start_anew(self, ana, ben, zoe, group):
        post(group, ana, "Before")
        room = make_private_room(actor=ana, room=group, name="Launch")
        again = open_conversation(user=ben, others=[ana, zoe])
        assert again.pk != room.pk
        assert (again.kind, again.last_seq) == ("group", 0)

    def test_is_a_room_like_others_afterwards(self, ana, group):
        room = make_private_room(actor=ana, room=group, name="Launch")
        new = make_user()
        actions.add_member(actor=ana, room=room, user=new)
        actions.update_room(actor=ana, room=room, topic="Dates")
        actions.leave_room(user=new, room=room)

    def test_deleted_accounts_do_not_become_members(self, ana, ben, group):
        delete_account(user=ben, with_messages=False)
        room = make_private_room(actor=ana, room=group, name="Launch")
        assert set(room.memberships.values_list("user__username", flat=True)) == {"ana", "zoe"}

    def test_only_once_and_only_by_its_people(self, ana, ben, group):
        with pytest.raises(NotFound):
            make_private_room(actor=make_user(), room=group, name="Launch")
        with pytest.raises(Invalid) as refusal:
            make_private_room(actor=ana, room=group, name=" ")
        assert refusal.value.field == "name"
        make_private_room(actor=ana, room=group, name="Launch")
        with pytest.raises(Forbidden):
            make_private_room(actor=ben, room=group, name="Mine")
        with pytest.raises(NotFound):
            make_private_room(actor=make_user(), room=group, name="Mine")
        with pytest.raises((Forbidden, NotAMember)):
            make_private_room(actor=ana, room=make_room(owner=ana), name="Other")

    def test_counts_as_a_created_room(self, ana, ben, group, as_user, settings):
        settings.CHAT_ROOMS_PER_HOUR = 1
        client = json_client(as_user(ana))
        other = open_conversation(user=ana, others=[ben, make_user()])
        assert client.post(f"/rooms/{group.pk}/conversion/", {"name": "One"}).status_code == 200
        answer = client.post(f"/rooms/{other.pk}/conversion/", {"name": "Two"})
        assert (answer.status_code, answer.json()["code"]) == (429, "rate_limited")
        assert LimitReached.code == "rate_limited"

    def test_page_warns_before(self, ana, ben, group, as_user):
        post(group, ben, "Before")
        client = as_user(ana)
        page = client.get(f"/rooms/{group.pk}/conversion/").content.decode()
        assert "People who are added later can read its history: 1 message so far." in page
        assert as_user(make_user()).get(f"/rooms/{group.pk}/conversion/").status_code == 404
        assert client.post(f"/rooms/{group.pk}/conversion/", {"name": ""}).status_code == 200
        assert client.post(f"/rooms/{group.pk}/conversion/", {"name": "Launch"}).url == group.get_absolute_url()
        assert client.get(f"/rooms/{group.pk}/conversion/").status_code == 404, "it isn't a conversation any more"

    def test_serializes_as_a_named_room(self, ana, ben, group):
        room = make_private_room(actor=ana, room=group, name="Launch")
        data = serialize_room_for(ben, room)
        assert (data["kind"], data["name"], data["slug"], data["role"]) == ("private", "Launch", "launch", "member")
        assert "people" not in data
