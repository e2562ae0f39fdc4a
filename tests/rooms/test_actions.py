"""Actions on rooms, for owners, moderators, members and strangers."""

from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from threading import Barrier

import pytest
from django.apps import apps
from django.db import connection

from accounts.models import AuditEvent, User
from messaging.models import Message, Revision
from messaging.posting.actions import edit_message
from rooms import actions
from rooms.errors import Forbidden, Invalid, NameTaken, NotFound
from rooms.models import Membership, Room
from tests.factories import make_member, make_room, make_user, post
from tests.rooms.conftest import both_kinds

pytestmark = pytest.mark.django_db

NOT_OWNERS = ["moderator", "member", "stranger"]
OWNER, MODERATOR, MEMBER = Membership.Role.OWNER, Membership.Role.MODERATOR, Membership.Role.MEMBER


def role_of(room: Room, user: User) -> str | None:
    return room.memberships.filter(user=user).values_list("role", flat=True).first()


def rooms_versions(*users: User) -> list[int]:
    return [User.objects.get(pk=user.pk).rooms_version for user in users]


class TestCreateRoom:
    @pytest.mark.parametrize(
        "name",
        [
            *("", "   ", "x" * 81, "zero\u200bwidth", "turned\u202earound", "line\u2028break\u0007"),
            *("\u2800", "\u3164", "\u115f", "\u200d", "\ufe0f", "\u0301", "joined\u034f", "x" + "\u0301" * 5),
        ],
    )
    def test_name_must_be_present_visible_and_short(self, name):
        with pytest.raises(Invalid, match="name"):
            actions.create_room(owner=make_user(), name=name)

    def test_topic_must_be_short(self):
        with pytest.raises(Invalid, match="topic"):
            actions.create_room(owner=make_user(), name="Garden", topic="x" * 251)

    @pytest.mark.parametrize("topic", ["zero\u200bwidth", "turned\u202earound", "isolated\u2066", "bell\u0007"])
    def test_topic_must_be_visible(self, topic):
        with pytest.raises(Invalid, match="topic"):
            actions.create_room(owner=make_user(), name="Garden", topic=topic)

    def test_topic_may_contain_zero_width_joiners(self):
        topic = "می\u200cخواهم 👩\u200d👧"
        assert actions.create_room(owner=make_user(), name="Garden", topic=topic).topic == topic

    def test_direct_room_is_refused(self):
        with pytest.raises(Invalid, match="kind"):
            actions.create_room(owner=make_user(), name="Garden", kind="direct")

    @pytest.mark.parametrize("name", ["workshop", "WORKSHOP", "  WorkShop  "])
    def test_public_room_names_are_unique_ignoring_case(self, public, name):
        with pytest.raises(NameTaken):
            actions.create_room(owner=public.stranger, name=name)

    @pytest.mark.parametrize(("first", "second"), [("Gärten", "GÄRTEN"), ("Straße", "STRASSE"), ("Ｇarden", "garden")])
    def test_case_is_ignored_in_every_alphabet(self, first, second):
        actions.create_room(owner=make_user(), name=first)
        with pytest.raises(NameTaken):
            actions.create_room(owner=make_user(), name=second)

    @pytest.mark.parametrize("name", ["Wоrkshоp", "W0rkshop", "Work\ufe0fshop", "Ｗorkshop"])
    def test_public_room_names_are_distinguishable(self, public, name):
        with pytest.raises(NameTaken):
            actions.create_room(owner=public.stranger, name=name)

    def test_name_of_a_private_room_is_not_revealed_as_taken(self, private):
        assert actions.create_room(owner=private.stranger, name="Founders").kind == Room.Kind.PUBLIC
        assert actions.create_room(owner=private.stranger, name="founders", kind="private").kind == Room.Kind.PRIVATE

    def test_creator_is_owner_and_only_member(self):
        creator = make_user()
        room = actions.create_room(owner=creator, name="  Garden   club ", topic=" What\n grows ")
        assert (room.name, room.topic, room.slug) == ("Garden club", "What grows", "garden-club")
        assert list(room.memberships.values_list("user", "role")) == [(creator.pk, OWNER)]


class TestLookalikes:
    """Rooms whose names looked alike before the upgrade."""

    @pytest.fixture
    def twin(self, public) -> Room:
        Room.objects.update(name_skeleton="")
        twin = make_room("Wоrkshop", owner=public.owner)
        Room.objects.update(name_skeleton="")
        import_module("rooms.migrations.0006_name_skeletons").compare_names(apps, None)
        twin.refresh_from_db()
        return twin

    def test_upgrade_keeps_both(self, public, twin):
        public.room.refresh_from_db()
        assert (public.room.name_skeleton, twin.name_skeleton) == ("workshop", "")

    def test_everything_but_the_name_can_be_changed(self, public, twin):
        assert actions.update_room(actor=public.owner, room=twin, name=twin.name, topic="Tools").topic == "Tools"

    def test_new_name_is_compared(self, public, twin):
        with pytest.raises(NameTaken):
            actions.update_room(actor=public.owner, room=twin, name="WORKSHOP")
        assert actions.update_room(actor=public.owner, room=twin, name="Garden").name_skeleton == "garden"

    def test_name_that_predates_a_rule_is_kept(self, public):
        Room.objects.filter(pk=public.room.pk).update(name="\u2800")
        room = actions.update_room(actor=public.owner, room=public.room, name="\u2800", topic="Tools")
        assert (room.name, room.topic) == ("\u2800", "Tools")


class TestChangeRoom:
    @both_kinds
    @pytest.mark.parametrize("role", NOT_OWNERS)
    def test_only_owners_change_rooms(self, cast, role):
        for change in (
            lambda: actions.update_room(actor=cast[role], room=cast.room, name="Mine"),
            lambda: actions.archive_room(actor=cast[role], room=cast.room),
            lambda: actions.unarchive_room(actor=cast[role], room=cast.room),
            lambda: actions.delete_room(actor=cast[role], room=cast.room),
        ):
            with pytest.raises(Forbidden):
                change()
        cast.room.refresh_from_db()
        assert cast.room.name != "Mine"
        assert not cast.room.is_archived

    def test_superuser_changes_only_public_rooms(self, public, private):
        root = make_user("root", is_superuser=True)
        assert actions.update_room(actor=root, room=public.room, topic="Tidy").topic == "Tidy"
        with pytest.raises(Forbidden):
            actions.update_room(actor=root, room=private.room, topic="Tidy")

    def test_name_of_another_public_room_is_refused(self, public):
        make_room("Garden")
        with pytest.raises(NameTaken):
            actions.update_room(actor=public.owner, room=public.room, name="GARDEN")
        public.room.refresh_from_db()
        assert public.room.name == "Workshop"

    def test_own_name_in_another_case_is_accepted(self, public):
        assert actions.update_room(actor=public.owner, room=public.room, name="WORKSHOP").name == "WORKSHOP"

    def test_private_room_cannot_be_a_default_room(self, private):
        with pytest.raises(Invalid, match="is_default"):
            actions.update_room(actor=private.owner, room=private.room, is_default=True)

    def test_new_users_join_default_rooms(self, public):
        actions.update_room(actor=public.owner, room=public.room, is_default=True)
        user = make_user()
        actions.join_default_rooms(user=user)
        assert role_of(public.room, user) == MEMBER

    def test_change_raises_the_revision_but_not_the_version(self, public):
        version = public.room.version
        for number, topic in enumerate(("One", "Two"), start=public.room.revision + 1):
            room = actions.update_room(actor=public.owner, room=public.room, topic=topic)
            assert (room.revision, room.version) == (number, version)

    def test_archiving_and_unarchiving_twice_changes_nothing(self, public):
        first = actions.archive_room(actor=public.owner, room=public.room)
        second = actions.archive_room(actor=public.owner, room=public.room)
        assert (first.archived_at, first.revision) == (second.archived_at, second.revision)
        assert not actions.unarchive_room(actor=public.owner, room=public.room).is_archived
        assert not actions.unarchive_room(actor=public.owner, room=public.room).is_archived

    def test_deleting_raises_every_members_rooms_version(self, public):
        actions.delete_room(actor=public.owner, room=public.room)
        assert not Room.objects.filter(pk=public.room.pk).exists()
        raised = User.objects.filter(pk__in=[public.owner.pk, public.member.pk], rooms_version__gt=0)
        assert raised.count() == 2
        with pytest.raises(NotFound):
            actions.delete_room(actor=public.owner, room=public.room)

    def test_deleting_removes_only_the_rooms_own_messages(self, public, private, django_assert_max_num_queries):
        first = post(public.room, public.owner, "First")
        for number in range(40):
            post(public.room, public.member, f"Reply {number}", reply_to_id=first.pk)
        edit_message(actor=public.owner, message_id=first.pk, body="First of all")
        kept = post(private.room, private.owner, "Kept")
        with django_assert_max_num_queries(45):
            actions.delete_room(actor=public.owner, room=public.room)
        assert list(Message.objects.all()) == [kept]
        assert not Revision.objects.exists()


class TestJoinAndLeave:
    def test_stranger_cannot_join_a_private_room(self, private):
        with pytest.raises(NotFound):
            actions.join_room(user=private.stranger, room=private.room)

    def test_archived_room_cannot_be_joined(self, public):
        actions.archive_room(actor=None, room=public.room)
        with pytest.raises(Forbidden):
            actions.join_room(user=public.stranger, room=public.room)

    def test_joining_twice_makes_one_membership_with_earlier_messages_read(self, public):
        Room.objects.filter(pk=public.room.pk).update(last_seq=12)
        first = actions.join_room(user=public.stranger, room=public.room)
        assert actions.join_room(user=public.stranger, room=public.room).pk == first.pk
        assert first.last_read_seq == 12
        public.stranger.refresh_from_db()
        assert public.stranger.rooms_version == 1

    @both_kinds
    def test_stranger_cannot_leave(self, cast):
        with pytest.raises(NotFound):
            actions.leave_room(user=cast.stranger, room=cast.room)

    def test_direct_room_cannot_be_left(self):
        one, other = make_user(), make_user()
        room = actions.open_direct_room(user=one, other=other)
        with pytest.raises(Forbidden):
            actions.leave_room(user=one, room=room)

    @both_kinds
    def test_moderator_becomes_owner_when_the_last_owner_leaves(self, cast):
        actions.leave_room(user=cast.owner, room=cast.room)
        assert role_of(cast.room, cast.moderator) == OWNER
        assert role_of(cast.room, cast.member) == MEMBER

    def test_longest_serving_member_becomes_owner_if_there_is_no_moderator(self, public):
        make_member(public.room)
        actions.leave_room(user=public.moderator, room=public.room)
        actions.leave_room(user=public.owner, room=public.room)
        assert role_of(public.room, public.member) == OWNER

    def test_roles_stay_while_there_is_another_owner(self, public):
        make_member(public.room, role=OWNER)
        actions.leave_room(user=public.owner, room=public.room)
        assert role_of(public.room, public.moderator) == MODERATOR

    def test_room_outlives_its_last_member(self):
        owner = make_user()
        room = make_room(owner=owner)
        actions.leave_room(user=owner, room=room)
        assert Room.objects.filter(pk=room.pk).exists()
        assert not room.memberships.exists()


class TestAddMember:
    @pytest.mark.parametrize("role", ["member", "stranger"])
    def test_members_and_strangers_cannot_add_people_to_a_private_room(self, private, role):
        with pytest.raises(Forbidden):
            actions.add_member(actor=private[role], room=private.room, user=make_user())

    def test_stranger_cannot_add_people_to_a_public_room(self, public):
        with pytest.raises(Forbidden):
            actions.add_member(actor=public.stranger, room=public.room, user=make_user())

    def test_direct_room_takes_no_third_person(self):
        one, other = make_user(), make_user()
        room = actions.open_direct_room(user=one, other=other)
        with pytest.raises(Forbidden):
            actions.add_member(actor=one, room=room, user=make_user())

    def test_suspended_user_cannot_be_added(self, public):
        with pytest.raises(Invalid, match="user"):
            actions.add_member(actor=public.owner, room=public.room, user=make_user(is_active=False))

    @pytest.mark.parametrize("role", ["owner", "moderator"])
    def test_owners_and_moderators_add_people_to_a_private_room(self, private, role):
        actions.add_member(actor=private[role], room=private.room, user=private.stranger)
        assert role_of(private.room, private.stranger) == MEMBER

    def test_every_member_adds_people_to_a_public_room(self, public):
        actions.add_member(actor=public.member, room=public.room, user=public.stranger)
        assert role_of(public.room, public.stranger) == MEMBER

    def test_adding_a_member_again_keeps_their_role(self, public):
        actions.add_member(actor=public.member, room=public.room, user=public.owner)
        assert role_of(public.room, public.owner) == OWNER


class TestRemoveMember:
    @both_kinds
    @pytest.mark.parametrize("role", ["member", "stranger"])
    def test_members_and_strangers_cannot_remove_anyone(self, cast, role):
        other = make_member(cast.room)
        with pytest.raises(Forbidden):
            actions.remove_member(actor=cast[role], room=cast.room, user=other)

    @both_kinds
    @pytest.mark.parametrize("target", ["owner", "moderator"])
    def test_moderator_cannot_remove_owners_or_moderators(self, cast, target):
        with pytest.raises(Forbidden):
            actions.remove_member(actor=cast.moderator, room=cast.room, user=cast[target])

    def test_stranger_cannot_be_removed(self, public):
        with pytest.raises(NotFound):
            actions.remove_member(actor=public.owner, room=public.room, user=public.stranger)

    def test_nobody_can_be_removed_from_a_direct_room(self):
        one, other = make_user(), make_user()
        room = actions.open_direct_room(user=one, other=other)
        with pytest.raises(Forbidden):
            actions.remove_member(actor=one, room=room, user=other)

    @both_kinds
    @pytest.mark.parametrize(("role", "target"), [("moderator", "member"), ("owner", "member"), ("owner", "moderator")])
    def test_owners_remove_anyone_and_moderators_members(self, cast, role, target):
        actions.remove_member(actor=cast[role], room=cast.room, user=cast[target])
        assert role_of(cast.room, cast[target]) is None

    def test_command_line_cannot_change_a_direct_room(self):
        one, other = make_user(), make_user()
        room = actions.open_direct_room(user=one, other=other)
        with pytest.raises(Forbidden):
            actions.remove_member(actor=None, room=room, user=other)
        with pytest.raises(Forbidden):
            actions.change_role(actor=None, room=room, user=other, role=OWNER)
        assert set(room.memberships.values_list("role", flat=True)) == {MEMBER}

    def test_moderator_becomes_owner_when_the_last_owner_is_removed(self, public):
        actions.remove_member(actor=None, room=public.room, user=public.owner)
        assert role_of(public.room, public.moderator) == OWNER


class TestChangeRole:
    @both_kinds
    @pytest.mark.parametrize("role", NOT_OWNERS)
    def test_only_owners_change_roles(self, cast, role):
        with pytest.raises(Forbidden):
            actions.change_role(actor=cast[role], room=cast.room, user=cast.member, role=OWNER)
        assert role_of(cast.room, cast.member) == MEMBER

    @pytest.mark.parametrize("role", ["", "king", "OWNER"])
    def test_unknown_role_is_refused(self, public, role):
        with pytest.raises(Invalid, match="role"):
            actions.change_role(actor=public.owner, room=public.room, user=public.member, role=role)

    def test_stranger_cannot_have_a_role(self, public):
        with pytest.raises(NotFound):
            actions.change_role(actor=public.owner, room=public.room, user=public.stranger, role=MEMBER)

    def test_room_keeps_at_least_one_owner(self, public):
        with pytest.raises(Forbidden, match="at least one owner"):
            actions.change_role(actor=public.owner, room=public.room, user=public.owner, role=MEMBER)
        actions.change_role(actor=public.owner, room=public.room, user=public.member, role=OWNER)
        actions.change_role(actor=public.owner, room=public.room, user=public.owner, role=MEMBER)
        assert role_of(public.room, public.owner) == MEMBER


class TestOpenDirectRoom:
    def test_oneself_and_suspended_users_are_refused(self):
        one = make_user()
        with pytest.raises(Invalid):
            actions.open_direct_room(user=one, other=one)
        with pytest.raises(NotFound):
            actions.open_direct_room(user=one, other=make_user(is_active=False))

    def test_both_people_get_the_same_room(self):
        one, other = make_user(), make_user()
        room = actions.open_direct_room(user=one, other=other)
        assert actions.open_direct_room(user=other, other=one) == room
        assert {m.user for m in room.memberships.all()} == {one, other}
        assert set(room.memberships.values_list("role", flat=True)) == {MEMBER}

    def test_missing_member_is_added_again(self):
        one, other = make_user(), make_user()
        room = actions.open_direct_room(user=one, other=other)
        Room.objects.filter(pk=room.pk).update(last_seq=3)
        room.memberships.filter(user=other).delete()
        before = rooms_versions(one, other)
        assert actions.open_direct_room(user=one, other=other) == room
        assert room.memberships.get(user=other).last_read_seq == 3
        assert [after - then for after, then in zip(rooms_versions(one, other), before, strict=True)] == [0, 1]

    def test_nobody_can_change_or_delete_a_direct_room(self):
        one, other, root = make_user(), make_user(), make_user(is_superuser=True)
        room = actions.open_direct_room(user=one, other=other)
        for actor in (one, other, root):
            with pytest.raises(Forbidden):
                actions.update_room(actor=actor, room=room, name="Ours")
            with pytest.raises(Forbidden):
                actions.delete_room(actor=actor, room=room)


@pytest.mark.django_db(transaction=True)
class TestConcurrency:
    def run_together(self, *calls):
        """Run the calls in threads that start simultaneously, and return their results or errors."""
        barrier = Barrier(len(calls))

        def run(call):
            barrier.wait(timeout=20)
            try:
                return call()
            except Exception as error:
                return error
            finally:
                connection.close()

        with ThreadPoolExecutor(len(calls)) as pool:
            return list(pool.map(run, calls))

    def test_two_people_opening_a_direct_room_get_one_room(self):
        one, other = make_user(), make_user()
        calls = [
            lambda a=a, b=b: actions.open_direct_room(user=a, other=b) for a, b in [(one, other), (other, one)] * 3
        ]
        rooms = self.run_together(*calls)
        assert len({room.pk for room in rooms}) == 1
        assert Room.objects.filter(kind=Room.Kind.DIRECT).count() == 1
        assert Membership.objects.filter(room=rooms[0]).count() == 2

    def test_only_one_of_concurrent_rooms_with_one_name_is_created(self):
        owner = make_user()
        results = self.run_together(
            *[lambda n=n: actions.create_room(owner=owner, name=n) for n in ("Garden", "GARDEN", "garden")]
        )
        assert sorted(type(result).__name__ for result in results) == ["NameTaken", "NameTaken", "Room"]

    def test_one_of_two_owners_stepping_down_stays_owner(self):
        one, other = make_user(), make_user()
        room = make_room(owner=one)
        make_member(room, other, role=OWNER)
        self.run_together(
            *[lambda u=u: actions.change_role(actor=u, room=room, user=u, role=MEMBER) for u in (one, other)]
        )
        assert room.memberships.filter(role=OWNER).count() == 1

    def test_concurrent_joins_make_one_membership(self):
        room, user = make_room(), make_user()
        memberships = self.run_together(*[lambda: actions.join_room(user=user, room=room)] * 4)
        assert len({membership.pk for membership in memberships}) == 1


class TestVisibility:
    def test_public_room_becomes_private_and_leaves_the_list_of_others(self, public):
        actions.update_room(actor=public.owner, room=public.room, kind="private")
        assert not Room.objects.visible_to(public.stranger).filter(pk=public.room.pk).exists()
        assert Room.objects.visible_to(public.member).filter(pk=public.room.pk).exists()
        event = AuditEvent.objects.filter(kind=AuditEvent.Kind.ROOM_CHANGED).latest("pk")
        assert (event.detail["fields"], event.detail["kind"]) == (["kind"], "private")

    def test_private_room_becomes_public(self, private):
        actions.update_room(actor=private.owner, room=private.room, kind="public")
        assert Room.objects.visible_to(private.stranger).filter(pk=private.room.pk).exists()
        assert actions.join_room(user=private.stranger, room=private.room)

    def test_default_room_that_becomes_private_is_no_default_room(self, public):
        actions.update_room(actor=None, room=public.room, is_default=True)
        room = actions.update_room(actor=public.owner, room=public.room, kind="private", is_default=True)
        assert (room.kind, room.is_default) == ("private", False)

    def test_name_of_another_public_room_is_refused(self, public, private):
        Room.objects.filter(pk=private.room.pk).update(name="Workshop", name_key="workshop")
        with pytest.raises(NameTaken):
            actions.update_room(actor=private.owner, room=private.room, kind="public")
        private.room.refresh_from_db()
        assert private.room.kind == "private"

    @pytest.mark.parametrize("role", ["moderator", "member", "stranger"])
    def test_only_owners_may_change_it(self, public, role):
        with pytest.raises(Forbidden):
            actions.update_room(actor=public[role], room=public.room, kind="private")

    def test_superuser_outside_the_room_may_not(self, public):
        with pytest.raises(Forbidden):
            actions.update_room(actor=make_user(is_superuser=True), room=public.room, kind="private")

    @pytest.mark.parametrize("kind", ["direct", "secret", ""])
    def test_other_kinds_are_refused(self, public, kind):
        with pytest.raises(Invalid):
            actions.update_room(actor=public.owner, room=public.room, kind=kind)

    def test_form_says_what_others_will_be_able_to_read(self, private, as_user):
        Room.objects.filter(pk=private.room.pk).update(last_seq=1234)
        url = f"/rooms/{private.room.pk}/settings/"
        client = as_user(private.owner)
        assert "everyone on this site can read all 1,234 messages" in client.get(url).content.decode()
        client.post(url, {"name": private.room.name, "kind": "public"})
        private.room.refresh_from_db()
        assert private.room.kind == "public"
        client.post(url, {"name": private.room.name})
        private.room.refresh_from_db()
        assert private.room.kind == "public"
