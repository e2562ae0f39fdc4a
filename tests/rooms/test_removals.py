"""Undoing removals and bans."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.audit import Kind
from accounts.models import AuditEvent
from accounts.profile.notices import take_notices
from messaging.models import BulkDeletion
from messaging.moderation import bulk_delete
from rooms import actions
from rooms.errors import Forbidden, NotFound
from rooms.models import UNDO_WINDOW, Ban, Membership, Removal, RoomEvent, RoomSection
from rooms.moderation import ban_member, lift_ban
from rooms.queries import bans_in
from rooms.removals import undo_removal
from tests.factories import make_member, make_user, post
from tests.rooms.conftest import both_kinds, json_client

pytestmark = pytest.mark.django_db

ACTIONS = pytest.mark.parametrize("action", [ban_member, actions.remove_member])


def undo(cast, actor):
    undo_removal(actor=actor, room=cast.room, removal_id=Removal.objects.latest("pk").pk)


def columns_of(cast, user):
    return Membership.objects.filter(room=cast.room, user=user).values().get()


def kinds_recorded():
    return list(AuditEvent.objects.order_by("pk").values_list("kind", flat=True))


@both_kinds
@ACTIONS
def test_membership_is_restored_with_everything_in_it(cast, action):
    section = RoomSection.objects.create(user=cast.moderator, name="Clients")
    Membership.objects.filter(room=cast.room, user=cast.moderator).update(
        last_read_seq=7, cleared_seq=3, is_muted=True, is_favorite=True, is_new=True, section=section
    )
    before = columns_of(cast, cast.moderator)
    action(actor=cast.owner, room=cast.room, user=cast.moderator)
    assert not Membership.objects.filter(room=cast.room, user=cast.moderator).exists()
    undo(cast, cast.owner)
    assert columns_of(cast, cast.moderator) == before
    assert not bans_in(cast.room)
    assert not RoomEvent.objects.filter(kind="removed").exists()
    assert not Removal.objects.exists()
    assert take_notices(cast.moderator) == []


def test_both_the_ban_and_its_undoing_are_in_the_audit_log(public):
    ban_member(actor=public.moderator, room=public.room, user=public.member)
    undo(public, public.moderator)
    actions.remove_member(actor=public.moderator, room=public.room, user=public.member)
    undo(public, public.moderator)
    assert kinds_recorded()[-4:] == [Kind.BANNED, Kind.UNBANNED, Kind.REMOVED, Kind.REMOVAL_UNDONE]
    assert (
        AuditEvent.objects.filter(actor=public.moderator, target_id=public.member.pk, detail__undone=True).count() == 2
    )


@ACTIONS
def test_only_the_moderator_who_did_it_can_undo_it(public, action):
    action(actor=public.moderator, room=public.room, user=public.member)
    for other in (public.owner, public.member, public.stranger, make_user("root", is_superuser=True)):
        with pytest.raises(NotFound):
            undo(public, other)
    assert not Membership.objects.filter(room=public.room, user=public.member).exists()


@both_kinds
@ACTIONS
def test_someone_who_lost_their_role_cannot_undo_it(cast, action):
    action(actor=cast.moderator, room=cast.room, user=cast.member)
    actions.change_role(actor=cast.owner, room=cast.room, user=cast.moderator, role="member")
    with pytest.raises(Forbidden):
        undo(cast, cast.moderator)
    actions.remove_member(actor=cast.owner, room=cast.room, user=cast.moderator)
    with pytest.raises((Forbidden, NotFound)):
        undo_removal(actor=cast.moderator, room=cast.room, removal_id=Removal.objects.order_by("pk")[0].pk)


def test_a_moderator_restores_no_role_that_they_could_not_remove(public):
    second = make_member(public.room, role="owner")
    actions.remove_member(actor=second, room=public.room, user=public.moderator)
    actions.change_role(actor=public.owner, room=public.room, user=second, role="moderator")
    with pytest.raises(Forbidden):
        undo(public, second)


@ACTIONS
def test_it_is_too_late_after_the_window(public, action):
    action(actor=public.owner, room=public.room, user=public.member)
    Removal.objects.update(at=timezone.now() - UNDO_WINDOW)
    with pytest.raises(NotFound, match="too late"):
        undo(public, public.owner)


def test_it_is_too_late_once_something_else_has_happened(public):
    ban_member(actor=public.moderator, room=public.room, user=public.member)
    ban_member(actor=public.owner, room=public.room, user=public.member)
    with pytest.raises(NotFound, match="too late"):
        undo_removal(actor=public.moderator, room=public.room, removal_id=Removal.objects.order_by("pk")[0].pk)
    lift_ban(actor=public.owner, room=public.room, user=public.member)
    actions.join_room(user=public.member, room=public.room)
    with pytest.raises(NotFound, match="too late"):
        undo(public, public.owner)


def test_a_replaced_ban_is_in_force_again(public):
    until = timezone.now() + timedelta(weeks=1)
    first = ban_member(actor=public.owner, room=public.room, user=public.stranger, until=until)
    ban_member(actor=public.owner, room=public.room, user=public.stranger)
    undo(public, public.owner)
    assert list(bans_in(public.room)) == [first]
    assert Ban.objects.get(pk=first.pk).until == until


def test_a_deleted_section_does_not_prevent_it(public):
    section = RoomSection.objects.create(user=public.member, name="Clients")
    Membership.objects.filter(room=public.room, user=public.member).update(section=section)
    ban_member(actor=public.owner, room=public.room, user=public.member)
    section.delete()
    undo(public, public.owner)
    assert columns_of(public, public.member)["section_id"] is None


def test_the_owner_of_a_room_gets_it_back_from_their_heir(public):
    root = make_user("root", is_superuser=True)
    actions.remove_member(actor=root, room=public.room, user=public.owner)
    assert columns_of(public, public.moderator)["role"] == "owner"
    undo(public, root)
    assert columns_of(public, public.owner)["role"] == "owner"
    assert columns_of(public, public.moderator)["role"] == "moderator"


def test_outdated_removals_of_the_room_are_deleted_with_the_next(public):
    actions.remove_member(actor=public.owner, room=public.room, user=public.member)
    Removal.objects.update(at=timezone.now() - UNDO_WINDOW)
    actions.remove_member(actor=public.owner, room=public.room, user=public.moderator)
    assert [each.user for each in Removal.objects.all()] == [public.moderator]


class TestPages:
    def test_a_form_undoes_the_ban_and_the_deletion_with_it(self, public, as_user):
        moderator, message = as_user(public.moderator), post(public.room, public.member, "Buy now!")
        url = f"/rooms/{public.room.pk}/members/{public.member.pk}/ban/"
        text = moderator.post(url, {"length": "week", "delete": "all", "held": "1"}, follow=True).content.decode()
        assert "was banned from Workshop. Their messages will be deleted in 30 seconds." in text
        assert not bulk_delete.delete_next_piece(), "it is held"
        removal, deletion = Removal.objects.get(), BulkDeletion.objects.get()
        undo_url = f"/rooms/{public.room.pk}/removals/{removal.pk}/?deletion={deletion.pk}"
        assert f'action="{undo_url}"' in text
        text = moderator.post(undo_url, {"_method": "DELETE"}, follow=True).content.decode()
        assert "membership of Workshop is as it was before" in text
        assert not BulkDeletion.objects.exists()
        message.refresh_from_db()
        assert message.deleted_at is None

    def test_nothing_is_undone_once_the_deletion_has_begun(self, public, as_user):
        post(public.room, public.member, "Buy now!")
        ban_url = f"/rooms/{public.room.pk}/members/{public.member.pk}/ban/"
        answer = (
            json_client(as_user(public.moderator))
            .post(ban_url, {"length": "week", "delete": "all", "held": "1"})
            .json()
        )
        BulkDeletion.objects.update(starts_at=timezone.now())
        response = json_client(as_user(public.moderator)).delete(answer["undo_url"])
        assert (response.status_code, response.json()["detail"]) == (404, "It’s too late to undo this.")
        assert bans_in(public.room)

    @pytest.mark.parametrize("deletion", ["x", "-1", "9" * 30, "½"])
    def test_an_invalid_deletion_is_not_found(self, public, as_user, deletion):
        ban_member(actor=public.owner, room=public.room, user=public.member)
        url = f"/rooms/{public.room.pk}/removals/{Removal.objects.get().pk}/"
        response = json_client(as_user(public.owner)).delete(f"{url}?deletion={deletion}")
        assert response.status_code == 404
        assert bans_in(public.room)

    def test_removing_oneself_offers_no_undo(self, public, as_user):
        url = f"/rooms/{public.room.pk}/members/{public.owner.pk}/"
        assert "undo_url" not in json_client(as_user(public.owner)).delete(url).json()
