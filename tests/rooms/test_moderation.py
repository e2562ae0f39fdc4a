"""Bans, slow mode and read-only rooms."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.actions import NothingToJoin, accept_invitation, create_invitation
from accounts.lifecycle import durations
from messaging.errors import SlowMode
from messaging.models import Message
from messaging.posting.actions import delete_message, edit_message, post_messages
from messaging.posting.slow_mode import describe
from rooms import actions
from rooms.errors import Forbidden, Invalid, NotFound
from rooms.models import Ban, Membership, Room
from rooms.moderation import ban_member, lift_ban, limit_posting
from rooms.permissions import find_room
from rooms.queries import bans_in, browsable
from tests.factories import make_draft, make_member, make_user, post, post_drafts
from tests.rooms.conftest import both_kinds, json_client

pytestmark = pytest.mark.django_db

WEEK = timedelta(weeks=1)


def is_in(room: Room, user) -> bool:
    return Membership.objects.filter(room=room, user=user).exists()


def in_a_week():
    return timezone.now() + WEEK


class TestBanMember:
    @both_kinds
    @pytest.mark.parametrize("role", ["member", "stranger"])
    def test_members_and_strangers_cannot_ban_or_unban(self, cast, role):
        target = make_member(cast.room)
        with pytest.raises((Forbidden, NotFound)):
            ban_member(actor=cast[role], room=cast.room, user=target)
        with pytest.raises((Forbidden, NotFound)):
            lift_ban(actor=cast[role], room=cast.room, user=target)
        assert is_in(cast.room, target)

    def test_private_room_is_not_found_by_a_stranger(self, private):
        with pytest.raises(NotFound):
            ban_member(actor=private.stranger, room=private.room, user=private.member)

    @both_kinds
    @pytest.mark.parametrize("target", ["owner", "moderator"])
    def test_moderator_cannot_ban_owners_or_moderators(self, cast, target):
        with pytest.raises(Forbidden):
            ban_member(actor=cast.moderator, room=cast.room, user=cast[target])

    @both_kinds
    def test_owner_cannot_be_banned(self, cast):
        second = make_member(cast.room, role="owner")
        for actor in (second, None):
            with pytest.raises(Forbidden, match="Owners"):
                ban_member(actor=actor, room=cast.room, user=cast.owner)

    @both_kinds
    def test_superuser_cannot_be_banned(self, cast):
        root = make_member(cast.room, make_user("root", is_superuser=True))
        with pytest.raises(Forbidden, match="admins"):
            ban_member(actor=cast.owner, room=cast.room, user=root)
        assert is_in(cast.room, root)

    def test_superuser_bans_only_in_public_rooms(self, public, private):
        root = make_user("root", is_superuser=True)
        ban_member(actor=root, room=public.room, user=public.moderator)
        with pytest.raises(NotFound):
            ban_member(actor=root, room=private.room, user=private.member)

    def test_former_moderator_cannot_ban(self, public, private):
        for cast in (public, private):
            actions.leave_room(user=cast.moderator, room=cast.room)
            with pytest.raises((Forbidden, NotFound)):
                ban_member(actor=cast.moderator, room=cast.room, user=cast.member)

    def test_direct_room_has_no_bans(self):
        one, other = make_user(), make_user()
        room = actions.open_direct_room(user=one, other=other)
        with pytest.raises(Forbidden):
            ban_member(actor=None, room=room, user=other)

    @pytest.mark.parametrize(
        "invalid", [{"until": timezone.now() - timedelta(seconds=1)}, {"reason": "x" * 251}, {"reason": "bell\u0007"}]
    )
    def test_invalid_value_is_refused_with_its_field(self, public, invalid):
        with pytest.raises(Invalid, match=next(iter(invalid))):
            ban_member(actor=public.owner, room=public.room, user=public.member, **invalid)
        assert is_in(public.room, public.member)

    @both_kinds
    @pytest.mark.parametrize(
        ("actor", "target"), [("owner", "moderator"), ("owner", "member"), ("moderator", "member")]
    )
    def test_banned_member_is_removed_at_once(self, cast, actor, target):
        version = cast[target].rooms_version
        ban = ban_member(
            actor=cast[actor], room=cast.room, user=cast[target], reason=" Spam \n again ", until=in_a_week()
        )
        assert not is_in(cast.room, cast[target])
        assert (ban.by, ban.reason, ban.is_in_force) == (cast[actor], "Spam again", True)
        cast[target].refresh_from_db()
        assert cast[target].rooms_version == version + 1

    @both_kinds
    def test_stranger_can_be_banned(self, cast):
        ban_member(actor=cast.moderator, room=cast.room, user=cast.stranger)
        with pytest.raises(Forbidden):
            actions.add_member(actor=cast.owner, room=cast.room, user=cast.stranger)

    def test_new_ban_replaces_the_old_one_which_stays_on_record(self, public):
        ban_member(actor=public.owner, room=public.room, user=public.member, until=in_a_week())
        second = ban_member(actor=public.owner, room=public.room, user=public.member, reason="Permanent now")
        assert list(bans_in(public.room)) == [second]
        assert Ban.objects.count() == 2
        lift_ban(actor=public.moderator, room=public.room, user=public.member)
        assert not bans_in(public.room)

    def test_unbanning_someone_without_a_ban_is_refused(self, public):
        with pytest.raises(NotFound):
            lift_ban(actor=public.owner, room=public.room, user=public.member)


class TestBannedUser:
    @pytest.fixture
    def banned(self, public):
        ban_member(actor=public.moderator, room=public.room, user=public.member, until=in_a_week())
        return public.member

    def test_room_is_not_found(self, public, banned):
        with pytest.raises(NotFound):
            find_room(banned, public.room.pk)
        assert public.room not in browsable(banned)
        assert public.room in browsable(public.stranger)

    @pytest.mark.parametrize("path", ["", "conversation/", "messages/", "pins/", "info/", "members/", "settings/"])
    def test_every_url_of_the_room_answers_like_a_missing_room(self, public, banned, as_user, path):
        client = json_client(as_user(banned))
        banned_from, missing = (client.get(f"/rooms/{pk}/{path}") for pk in (public.room.pk, 10**6))
        assert banned_from.status_code == missing.status_code == 404
        if path:
            assert banned_from.content == missing.content

    def test_room_cannot_be_joined(self, public, banned):
        with pytest.raises(NotFound):
            actions.join_room(user=banned, room=public.room)

    def test_banned_user_cannot_be_added(self, public, banned):
        with pytest.raises(Forbidden, match="banned"):
            actions.add_member(actor=public.owner, room=public.room, user=banned)

    def test_invitation_does_not_lead_into_the_room(self, public, banned):
        invitation = create_invitation(by=public.owner, room_id=public.room.pk)
        with pytest.raises(NothingToJoin):
            accept_invitation(user=banned, invitation=invitation)
        assert not is_in(public.room, banned)

    def test_post_is_refused_like_one_to_a_missing_room(self, public, banned):
        [refusal] = post_drafts([make_draft(public.room, banned)])
        assert isinstance(refusal, NotFound)
        missing = make_draft(public.room, banned)
        object.__setattr__(missing, "room_id", 10**6)
        assert post_drafts([missing])[0].detail == refusal.detail

    def test_ban_expires(self, public, banned):
        Ban.objects.update(until=timezone.now())
        assert find_room(banned, public.room.pk) == public.room
        actions.join_room(user=banned, room=public.room)
        assert is_in(public.room, banned)

    def test_permanent_ban_does_not_expire(self, public):
        ban_member(actor=public.owner, room=public.room, user=public.member, until=durations.end_time("good"))
        with pytest.raises(NotFound):
            find_room(public.member, public.room.pk)

    def test_ban_does_not_bind_a_superuser(self, public, banned):
        banned.is_superuser = True
        banned.save()
        assert find_room(banned, public.room.pk) == public.room
        actions.join_room(user=banned, room=public.room)

    def test_other_rooms_are_not_affected(self, public, private, banned):
        make_member(private.room, banned)
        assert find_room(banned, private.room.pk) == private.room


class TestPages:
    def test_only_owners_and_moderators_see_the_pages(self, public, as_user):
        paths = ["bans/", f"members/{public.member.pk}/ban/", f"members/{public.member.pk}/messages/"]
        for role, allowed in {"owner": True, "moderator": True, "member": False, "stranger": False}.items():
            for path in paths:
                response = as_user(public[role]).get(f"/rooms/{public.room.pk}/{path}")
                assert (response.status_code == 200) == allowed, (role, path)

    def test_member_is_banned_and_unbanned_by_forms(self, public, as_user):
        moderator, message = as_user(public.moderator), post(public.room, public.member, "Buy now!")
        response = moderator.post(
            f"/rooms/{public.room.pk}/members/{public.member.pk}/ban/",
            {"length": "week", "reason": "Advertising", "delete": "day"},
            follow=True,
        )
        text = response.content.decode()
        assert f"was banned from Workshop. Deleted 1 message from {public.member.name}." in text
        assert "Advertising" in text
        message.refresh_from_db()
        assert message.deleted_at is not None
        assert not is_in(public.room, public.member)
        text = moderator.post(
            f"/rooms/{public.room.pk}/members/{public.member.pk}/ban/", {"_method": "DELETE"}, follow=True
        ).content.decode()
        assert "No one is banned" in text
        actions.join_room(user=public.member, room=public.room)

    def test_invalid_form_is_refused_to_people_and_programs(self, public, as_user):
        url = f"/rooms/{public.room.pk}/members/{public.member.pk}/ban/"
        assert "Select a valid choice" in as_user(public.owner).post(url, {"length": "ever"}).content.decode()
        response = json_client(as_user(public.owner)).post(url, {"length": "ever"})
        assert (response.status_code, response.json()["code"]) == (400, "invalid")
        assert is_in(public.room, public.member)

    def test_ban_is_offered_only_where_it_is_allowed(self, public, as_user):
        ban_url = f"/rooms/{public.room.pk}/members/{{}}/ban/"
        text = as_user(public.moderator).get(f"/rooms/{public.room.pk}/members/").content.decode()
        assert ban_url.format(public.member.pk) in text
        assert ban_url.format(public.owner.pk) not in text
        assert ban_url.format(public.moderator.pk) not in text
        assert "/ban/" not in as_user(public.member).get(f"/rooms/{public.room.pk}/members/").content.decode()

    @pytest.mark.parametrize(
        ("role", "status"), [("owner", 200), ("moderator", 200), ("member", 403), ("stranger", 403)]
    )
    def test_only_owners_and_moderators_limit_posting(self, public, as_user, role, status):
        client = json_client(as_user(public[role]))
        response = client.post(f"/rooms/{public.room.pk}/posting/", {"slow_seconds": "30", "is_read_only": "on"})
        assert response.status_code == status
        public.room.refresh_from_db()
        assert (public.room.slow_seconds, public.room.is_read_only) == ((30, True) if status == 200 else (0, False))

    def test_limits_are_in_the_settings_of_owners_and_moderators(self, public, as_user):
        page = f"/rooms/{public.room.pk}/settings/"
        for role, is_offered in {"owner": True, "moderator": True, "member": False}.items():
            assert ('name="slow_seconds"' in as_user(public[role]).get(page).content.decode()) == is_offered


class TestLimitPosting:
    @both_kinds
    @pytest.mark.parametrize("role", ["member", "stranger"])
    def test_members_and_strangers_cannot_limit_posting(self, cast, role):
        with pytest.raises(Forbidden):
            limit_posting(actor=cast[role], room=cast.room, slow_seconds=5)

    def test_superuser_limits_public_rooms_and_a_former_moderator_none(self, public, private):
        root = make_user("root", is_superuser=True)
        assert limit_posting(actor=root, room=public.room, slow_seconds=5).slow_seconds == 5
        with pytest.raises(Forbidden):
            limit_posting(actor=root, room=private.room, slow_seconds=5)
        actions.leave_room(user=public.moderator, room=public.room)
        with pytest.raises(Forbidden):
            limit_posting(actor=public.moderator, room=public.room, slow_seconds=0)

    @pytest.mark.parametrize("seconds", [-1, 86_401])
    def test_invalid_interval_is_refused(self, public, seconds):
        with pytest.raises(Invalid, match="slow_seconds"):
            limit_posting(actor=public.owner, room=public.room, slow_seconds=seconds)

    def test_direct_room_has_no_limits(self):
        one, other = make_user(), make_user()
        with pytest.raises(Forbidden):
            limit_posting(actor=None, room=actions.open_direct_room(user=one, other=other), slow_seconds=5)

    def test_revision_is_raised_only_by_a_change(self, public):
        first = limit_posting(actor=public.moderator, room=public.room, slow_seconds=10)
        again = limit_posting(actor=public.moderator, room=public.room, slow_seconds=10)
        assert first.revision == again.revision == public.room.revision + 1


class TestReadOnly:
    @pytest.fixture
    def room(self, public):
        post(public.room, public.member, "Before")
        return limit_posting(actor=public.owner, room=public.room, is_read_only=True)

    @pytest.mark.parametrize(
        ("role", "can_post"), [("owner", True), ("moderator", True), ("member", False), ("stranger", False)]
    )
    def test_only_owners_and_moderators_post(self, public, room, role, can_post):
        [result] = post_drafts([make_draft(room, public[role])])
        assert isinstance(result, Message) == can_post

    def test_earlier_messages_can_be_edited_and_deleted(self, public, room):
        message = Message.objects.get(body="Before")
        assert edit_message(actor=public.member, message_id=message.pk, body="After").body == "After"
        assert delete_message(actor=public.member, message_id=message.pk).deleted_at

    def test_repeated_post_gets_its_first_result(self, public):
        draft = make_draft(public.room, public.member)
        [first] = post_drafts([draft])
        limit_posting(actor=public.owner, room=public.room, is_read_only=True)
        assert post_drafts([draft])[0].pk == first.pk


class TestSlowMode:
    @pytest.fixture
    def room(self, public):
        return limit_posting(actor=public.owner, room=public.room, slow_seconds=60)

    def test_second_post_is_accepted_after_retry_after(self, public, room):
        post(room, public.member)
        [refusal] = post_drafts([make_draft(room, public.member)])
        assert isinstance(refusal, SlowMode)
        assert 55 < refusal.retry_after <= 60
        Message.objects.update(created_at=timezone.now() - timedelta(seconds=60))
        post(room, public.member)

    def test_posts_of_one_person_in_one_batch_are_limited(self, public, room):
        other = make_member(room)
        drafts = [make_draft(room, person) for person in (public.member, public.member, other, public.member)]
        results = post_drafts(drafts)
        assert [isinstance(result, Message) for result in results] == [True, False, True, False]

    def test_leaving_and_deleting_do_not_reset_the_interval(self, public, room):
        message = post(room, public.member)
        delete_message(actor=public.member, message_id=message.pk)
        actions.leave_room(user=public.member, room=room)
        actions.join_room(user=public.member, room=room)
        assert isinstance(post_drafts([make_draft(room, public.member)])[0], SlowMode)

    @pytest.mark.parametrize("role", ["owner", "moderator"])
    def test_owners_and_moderators_are_exempt(self, public, room, role):
        for _ in range(3):
            post(room, public[role])

    def test_other_rooms_are_not_limited(self, public, private, room):
        make_member(private.room, public.member)
        post(room, public.member)
        post(private.room, public.member)

    def test_wait_is_at_most_the_interval_if_the_clock_was_set_back(self, public, room):
        post(room, public.member)
        Message.objects.update(created_at=timezone.now() + timedelta(hours=5))
        assert post_drafts([make_draft(room, public.member)])[0].retry_after == 60

    def test_slow_mode_costs_one_query_and_none_when_it_is_off(self, public, private, room, django_assert_num_queries):
        unlimited = [make_draft(private.room, private.member) for _ in range(3)]
        with django_assert_num_queries(10):
            post_messages(unlimited)
        limited = [make_draft(room, public.member), make_draft(room, make_member(room))]
        with django_assert_num_queries(11):
            post_messages(limited)

    @pytest.mark.parametrize(
        ("seconds", "text"),
        [(1, "one message every second"), (30, "one message every 30 seconds"), (60, "one message every minute"),
         (90, "one message every 90 seconds"), (7200, "one message every 2 hours")],
    )  # fmt: skip
    def test_interval_is_described(self, seconds, text):
        assert describe(seconds) == f"This room is in slow mode: {text}."
