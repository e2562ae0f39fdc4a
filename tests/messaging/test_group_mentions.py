"""Mentions of groups: whom they reach, what is stored, and which of them count as unread for whom."""

import pytest
from django.test import Client

from accounts.groups import add_to_group, create_group, delete_group, remove_from_group, update_group
from accounts.lifecycle.deletion import delete_account
from accounts.models import GroupMember, User
from messaging.history.events import serialize_for
from messaging.history.mentions import mentions_of
from messaging.mentions import groups, names
from messaging.mentions.names import Text, find_mentionable
from messaging.models import Mention, Message
from messaging.posting.actions import clear_history, delete_message, edit_message, post_messages
from messaging.rendering import MAX_GROWTH, MAX_MARKUP, render
from rooms.actions import add_member, remove_member
from rooms.blocking import block_person, mute_person
from rooms.errors import Forbidden, Invalid
from rooms.models import Membership
from rooms.read_markers import UnreadMarker, move_markers
from rooms.serializers import serialize_rooms_for
from tests.factories import log_in, make_draft, make_member, make_room, make_user, post, post_drafts

pytestmark = pytest.mark.django_db


@pytest.fixture
def root():
    return make_user("root", is_staff=True, is_superuser=True)


@pytest.fixture
def ana():
    return make_user("ana")


@pytest.fixture
def ben():
    return make_user("ben")


@pytest.fixture
def room(root, ana, ben):
    room = make_room("Workshop", owner=root, kind="private")
    make_member(room, ana)
    make_member(room, ben)
    return room


@pytest.fixture
def ops(root, ana, ben):
    group = create_group(actor=root, name="Ops", title="Operations")
    add_to_group(actor=root, group=group, people=[ana, ben, make_user("outsider")])
    return group


def unread(user) -> list[int]:
    """Return the numbers of the unread messages that mention the user, as their pages get them."""
    rooms = serialize_rooms_for(User.objects.get(pk=user.pk))
    return [seq for each in rooms for seq in each["mention_seqs"]]


def mentioned_in(user) -> int:
    """Return the number of messages on the user's Mentions page, which is that of a search for them."""
    user = User.objects.get(pk=user.pk)
    found = len(mentions_of(user).messages)
    page = log_in(user).get("/search/messages/?q=is:mention", headers={"X-Requested-With": "fetch"}).json()
    assert len(page["messages"]) == found
    return found


class TestReach:
    def test_members_in_the_room_are_mentioned_with_one_row(self, room, ops, root, ana, ben):
        cy = make_member(room)
        message = post(room, ana, "Help, @OPS and @ops!")
        link = f'<a data-group="{ops.pk}" href="/groups/{ops.pk}/">{{}}</a>'
        assert message.html == f"<p>Help, {link.format('@OPS')} and {link.format('@ops')}!</p>"
        everyone = (root, ana, ben, cy, User.objects.get(username="outsider"))
        assert [unread(each) for each in everyone] == [[], [], [1], [], []]
        assert [mentioned_in(each) for each in everyone] == [0, 0, 1, 0, 0]
        assert list(Mention.objects.values_list("kind", "user", "online")) == [("group", None, f" {ben.pk} ")]
        event = serialize_for(ben, message)[0]
        assert (event["mentions"], event["mentions_all"]) == ([], None)
        assert event["mentions_groups"] == [{"id": ops.pk, "users": (ben.pk,)}]

    def test_code_quotes_and_links_mention_nobody(self, room, ops, ana, ben):
        for body in ("`@ops`", "> @ops", "[@ops](https://example.org)", "\\@ops", "```\n@ops\n```"):
            assert "data-group" not in post(room, ana, body).html
        assert unread(ben) == []

    def test_outsiders_of_the_group_are_not_offered_to_be_added(self, room, ops, ana):
        [stored] = post_messages([make_draft(room, ana, "@ops")])
        assert stored.outsiders == []

    def test_a_group_that_reaches_nobody_is_a_link_all_the_same(self, room, root, ana):
        create_group(actor=root, name="empty", title="Empty")
        message = post(room, ana, "@empty")
        assert "data-group" in message.html
        assert not Mention.objects.exists()
        assert mentioned_in(ana) == 0

    def test_suspended_people_are_not_mentioned(self, room, ops, ana, ben):
        User.objects.filter(pk=ben.pk).update(is_active=False)
        assert post(room, ana, "@ops").mentions == f"g{ops.pk}:"

    def test_people_who_block_the_author_are_not_notified(self, room, ops, ana, ben):
        block_person(user=ben, other=ana)
        post(room, ana, "@ops")
        assert (unread(ben), mentioned_in(ben)) == ([], 0)

    def test_muted_people_and_cleared_history_do_not_count(self, room, ops, ana, ben):
        post(room, ana, "@ops")
        mute_person(user=ben, other=ana)
        assert unread(ben) == []
        mute_person(user=ben, other=ana, muted=False)
        clear_history(user=ben, room_id=room.pk)
        move_markers([UnreadMarker(ben.pk, room.pk, 1)])
        assert (unread(ben), mentions_of(ben).messages) == ([], [])

    def test_muted_rooms_count_groups_but_not_everyone(self, room, ops, ana, ben):
        Membership.objects.filter(user=ben).update(is_muted=True)
        post(room, ana, "@room")
        post(room, ana, "@ops")
        post(room, ana, "@room and @ops")
        assert unread(ben) == [2, 3]

    def test_by_name_and_in_two_groups_is_one_mention(self, room, root, ops, ana, ben):
        add_to_group(actor=root, group=create_group(actor=root, name="sre", title="SRE"), people=[ben])
        post(room, ana, "@ops, @sre and @ben")
        assert (unread(ben), mentioned_in(ben)) == ([1], 1)
        assert Mention.objects.count() == 2


class TestLater:
    def test_people_who_join_the_group_or_the_room_were_not_mentioned(self, root, room, ops, ana):
        cy, outsider = make_member(room), User.objects.get(username="outsider")
        post(room, ana, "@ops")
        add_to_group(actor=root, group=ops, people=[cy])
        add_member(actor=root, room=room, user=outsider)
        move_markers([UnreadMarker(cy.pk, room.pk, 1)])
        assert [unread(each) for each in (cy, outsider)] == [[], []]
        assert [mentioned_in(each) for each in (cy, outsider)] == [0, 0]
        post(room, ana, "@ops")
        assert [unread(each) for each in (cy, outsider)] == [[2], [2]]

    def test_people_who_leave_the_group_were_mentioned(self, root, room, ops, ana, ben):
        post(room, ana, "@ops")
        remove_from_group(actor=root, group=ops, user=ben)
        assert (unread(ben), mentioned_in(ben)) == ([1], 1)
        remove_member(actor=root, room=room, user=ben)
        assert (unread(ben), mentioned_in(ben)) == ([], 0)

    def test_renamed_and_deleted_groups_keep_their_mentions(self, root, room, ops, ana, ben):
        message = post(room, ana, "@ops")
        update_group(actor=root, group=ops, name="sre", title="SRE")
        client = log_in(ben)
        assert "SRE" in client.get(f"/groups/{ops.pk}/").content.decode()
        delete_group(actor=root, group=ops)
        assert client.get(f"/groups/{ops.pk}/").status_code == 404
        message.refresh_from_db()
        assert "@ops" in message.html
        assert (unread(ben), mentioned_in(ben)) == ([1], 1)
        assert post(room, ana, "@ops @sre").html == "<p>@ops @sre</p>"

    def test_edits_add_keep_and_remove_them(self, root, room, ops, ana, ben):
        message = post(room, ana, "Help")
        edit_message(actor=ana, message_id=message.pk, body="Help, @ops")
        assert (unread(ben), mentioned_in(ben)) == ([1], 1)
        cy = make_member(room)
        add_to_group(actor=root, group=ops, people=[cy])
        edit_message(actor=ana, message_id=message.pk, body="Help, @ops, with @root")
        assert [unread(each) for each in (ben, cy, root)] == [[1], [], [1]]
        edit_message(actor=ana, message_id=message.pk, body="Help")
        assert (unread(ben), Mention.objects.count()) == ([], 0)
        edit_message(actor=ana, message_id=message.pk, body="@ops")
        assert [unread(each) for each in (ben, cy)] == [[1], [1]]

    def test_people_who_joined_between_the_post_and_its_edit_are_mentioned(self, root, room, ops, ana):
        message, outsider = post(room, ana, "Help"), User.objects.get(username="outsider")
        add_member(actor=root, room=room, user=outsider)
        edit_message(actor=ana, message_id=message.pk, body="Help, @ops")
        move_markers([UnreadMarker(outsider.pk, room.pk, 1)])
        assert (unread(outsider), mentioned_in(outsider)) == ([1], 1)

    def test_deletion_of_the_message_or_of_an_account(self, room, ops, ana, ben):
        message = post(room, ana, "@ops")
        delete_account(user=ben, with_messages=False)
        delete_message(actor=ana, message_id=message.pk)
        assert not Mention.objects.exists()
        assert serialize_for(ana, Message.objects.complete().get(pk=message.pk))[0]["mentions_groups"] == []


class TestLimits:
    def test_only_moderators_reach_many_people(self, root, room, ops, ana, monkeypatch):
        monkeypatch.setattr(names, "MAX_EVERYONE", 0)
        [refusal] = post_drafts([make_draft(room, ana, "@ops")])
        assert isinstance(refusal, Forbidden)
        assert refusal.field == "body"
        own = post(room, ana, "\\@ops")
        with pytest.raises(Forbidden):
            edit_message(actor=ana, message_id=own.pk, body="@ops")
        assert "data-group" in post(room, root, "@ops").html

    def test_numbers_of_groups_and_people_are_limited_for_everyone(self, root, room, ops, monkeypatch):
        many = [create_group(actor=root, name=f"group{n}", title="G").name for n in range(groups.MAX_GROUPS)]
        assert "data-group" in post(room, root, " ".join(f"@{name}" for name in many)).html
        [refusal] = post_drafts([make_draft(room, root, " ".join(f"@{name}" for name in [*many, "ops"]))])
        assert isinstance(refusal, Invalid) and "at most 10 groups" in refusal.detail
        monkeypatch.setattr(names, "MAX_REACHED", 1)
        [refusal] = post_drafts([make_draft(room, root, "@ops")])
        assert isinstance(refusal, Invalid) and "Mention fewer groups" in refusal.detail

    def test_people_of_groups_over_the_limit_are_not_looked_up(self, root, room, ops, django_assert_num_queries):
        many = [create_group(actor=root, name=f"group{n}", title="G").name for n in range(groups.MAX_GROUPS)]
        text = Text(root.pk, room.pk, render(" ".join(f"@{name}" for name in ["ops", *many])))
        with django_assert_num_queries(1):
            assert not find_mentionable([text]).reached

    def test_the_html_is_limited(self, room, ops, ana):
        body = "@ops " * 100
        message = post(room, ana, body)
        assert len(message.html) <= MAX_GROWTH * len(body) + MAX_MARKUP + 50 * 50
        assert Mention.objects.count() == 1

    def test_a_batch_takes_two_more_statements_however_many_groups(self, root, room, ana, django_assert_num_queries):
        people = [make_member(room) for _ in range(20)]
        for number in range(8):
            group = create_group(actor=root, name=f"group{number}", title="G")
            GroupMember.objects.bulk_create(GroupMember(group=group, user=person) for person in people)
        body = " ".join(f"@group{number}" for number in range(8))
        post(room, ana, body)
        # the names, their people and the rows, in addition to the ten of other posts
        with django_assert_num_queries(13):
            post_messages([make_draft(room, ana, "@nobody")] + [make_draft(room, ana, body) for _ in range(10)])
        assert Mention.objects.count() == 11


def test_previews_show_them(ops, ana):
    text = Text(ana.pk, None, render("@ops"))
    assert "data-group" in find_mentionable([text]).resolve(text).html


def test_the_mentions_page_marks_them(room, ops, ana, ben):
    post(room, ana, "Help, @ops")
    page = log_in(ben).get("/mentions/").content.decode()
    assert "<mark>@ops</mark>" in page
    assert "<mark>" not in Client().get("/mentions/", follow=True).content.decode()
