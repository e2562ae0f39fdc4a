"""Mentions: which text mentions whom, what is stored, and which mentions count as unread for whom."""

import json

import pytest

from accounts.lifecycle.deletion import delete_account
from accounts.models import Connection, ServerProcess
from messaging.history.events import serialize_for
from messaging.history.mentions import mentions_of
from messaging.mentions import names
from messaging.mentions.names import Text, find_mentionable
from messaging.mentions.unread import MOST, find_unread_mentions
from messaging.models import Mention, Message
from messaging.posting.actions import clear_history, delete_message, edit_message, post_messages
from messaging.rendering import MAX_GROWTH, MAX_MARKUP, render
from messaging.rendering.mentions import MAX_MENTIONS, candidates_in
from rooms.actions import add_member, delete_room, leave_room, open_direct_room
from rooms.blocking import block_person, mute_person
from rooms.errors import Forbidden
from rooms.models import Membership, Room
from rooms.moderation import ban_member
from rooms.read_markers import ReadMarker, UnreadMarker, move_markers
from rooms.serializers import serialize_rooms_for
from tests.factories import make_draft, make_member, make_room, make_user, post, post_drafts

pytestmark = pytest.mark.django_db


@pytest.fixture
def ana():
    return make_user("ana")


@pytest.fixture
def ben():
    return make_user("Ben")


@pytest.fixture
def room(ana, ben):
    room = make_room("Workshop", owner=ana, kind="private")
    make_member(room, ben)
    return room


def unread(user) -> dict[int, list[int]]:
    """Return the numbers of the messages that mention the user, by room, as their pages get them."""
    rooms = serialize_rooms_for(type(user).objects.get(pk=user.pk))
    assert all(each["unread_mentions"] == len(each["mention_seqs"]) for each in rooms)
    return {each["id"]: each["mention_seqs"] for each in rooms if each["mention_seqs"]}


def mentioned(body: str) -> list[str]:
    return candidates_in(render(body).html)


class TestText:
    @pytest.mark.parametrize(
        ("body", "names"),
        [
            ("@ana", ["@ana"]),
            ("Thanks, @ana!", ["@ana"]),
            ("(@ana, @ben)", ["@ana", "@ben"]),
            ("@ana.", ["@ana"]),
            ("@ana's", ["@ana"]),
            ("@ana_maria-2 and **@ben**", ["@ana_maria-2", "@ben"]),
            ("* @ana\n* @ben", ["@ana", "@ben"]),
            ("| a | b |\n|---|---|\n| @ana | x |", ["@ana"]),
            ("@Петя @田中", ["@Петя", "@田中"]),
            ("secret ||@ana||", ["@ana"]),
        ],
    )
    def test_mentions(self, body, names):
        assert mentioned(body) == names

    @pytest.mark.parametrize(
        "body",
        [
            "ana@example.org",
            "mail to ana@example.org or x@ana",
            "https://example.org/@ana",
            "[@ana](https://example.org)",
            "see example/@ana",
            "`@ana`",
            "```\n@ana\n```",
            "    @ana",
            "> @ana",
            "> quoted\n@ana",
            "> * @ana",
            "\\@ana",
            "@@ana",
            "@ ana",
            "@",
            "@" + "a" * 33,
        ],
    )
    def test_none(self, body):
        assert mentioned(body) == []

    def test_names_in_html_are_escaped(self, room, ana, ben):
        message = post(room, ana, '<bdi data-mention="1">@Ben</bdi>')
        assert message.html.count("<bdi") == 1
        assert f'&lt;bdi data-mention="1"&gt;<bdi data-mention="{ben.pk}">@Ben</bdi>' in message.html.replace(
            "&quot;", '"'
        )

    def test_excerpts_and_spoilers_are_as_without_mentions(self):
        assert render("Hi @ana, **@ben**!").excerpt == "Hi @ana, @ben!"
        assert render("||@ana|| left").excerpt == "▒▒▒▒ left"

    def test_number_and_size_are_limited(self, room, ana, ben):
        body = "@Ben " * 100
        message = post(room, ana, body)
        assert message.html.count("data-mention") == MAX_MENTIONS
        assert len(message.html) <= MAX_GROWTH * len(body) + MAX_MARKUP + 50 * MAX_MENTIONS
        assert Mention.objects.count() == 1


class TestStoring:
    def test_people_are_found_whatever_the_case(self, room, ana, ben):
        message = post(room, ana, "@BEN and @ana and @nobody")
        assert message.html == (
            f'<p><bdi data-mention="{ben.pk}">@BEN</bdi> and <bdi data-mention="{ana.pk}">@ana</bdi> and @nobody</p>'
        )
        assert serialize_for(ben, message)[0]["mentions"] == [ben.pk, ana.pk]
        assert sorted(Mention.objects.values_list("user", "seq")) == sorted([(ben.pk, 1), (ana.pk, 1)])

    def test_suspended_people_are_not_mentioned(self, room, ana):
        make_user("cy", is_active=False)
        assert post(room, ana, "@cy").html == "<p>@cy</p>"

    def test_edits_add_and_remove_mentions(self, room, ana, ben):
        cy = make_member(room, make_user("cy"))
        message = post(room, ana, "@Ben")
        edit_message(actor=ana, message_id=message.pk, body="@cy")
        assert (unread(ben), unread(cy)) == ({}, {room.pk: [1]})
        edit_message(actor=ana, message_id=message.pk, body="@cy and @Ben")
        assert (unread(ben), unread(cy)) == ({room.pk: [1]}, {room.pk: [1]})

    def test_deleting_a_message_an_account_or_a_room_deletes_the_rows(self, room, ana, ben):
        message = post(room, ana, "@Ben")
        delete_message(actor=ana, message_id=message.pk)
        assert not Mention.objects.exists()
        assert serialize_for(ana, Message.objects.complete().get(pk=message.pk))[0]["mentions"] == []
        post(room, ana, "@Ben @ana")
        delete_account(user=ben, with_messages=False)
        assert list(Mention.objects.values_list("user", flat=True)) == [ana.pk]
        delete_room(actor=ana, room=room)
        assert not Mention.objects.exists()

    def test_a_batch_takes_three_more_statements_however_many_it_mentions(self, room, ana, django_assert_num_queries):
        people = [make_member(room) for _ in range(40)]
        body = " ".join(f"@{person.username}" for person in people)
        post(room, ana, body)
        # people, their memberships and rows, in addition to the ten of other posts
        with django_assert_num_queries(13):
            post_messages([make_draft(room, ana, "@nobody")] + [make_draft(room, ana, body) for _ in range(10)])
        assert Mention.objects.count() == 11 * 40


class TestUnread:
    def test_read_markers_clear_them_and_marking_as_unread_brings_them_back(self, room, ana, ben, monkeypatch):
        for body in ("@Ben one", "nothing", "@Ben two"):
            post(room, ana, body)
        assert unread(ben) == {room.pk: [1, 3]}
        move_markers([ReadMarker(ben.pk, room.pk, 2)])
        assert unread(ben) == {room.pk: [3]}
        move_markers([ReadMarker(ben.pk, room.pk, 3)])
        assert unread(ben) == {}
        published = []
        monkeypatch.setattr("rooms.events.publish", lambda topic, event, *rest, **more: published.append(event))
        move_markers([UnreadMarker(ben.pk, room.pk, 2)])
        assert unread(ben) == {room.pk: [3]}
        assert published[0]["mention_seqs"] == [3]

    def test_ones_own_mentions_and_posting_clear_them(self, room, ana, ben):
        post(room, ben, "@Ben")
        assert unread(ben) == {}
        post(room, ana, "@Ben")
        post(room, ben, "Here")
        assert unread(ben) == {}

    def test_people_who_are_blocked_or_muted_do_not_count(self, room, ana, ben):
        post(room, ana, "@Ben")
        mute_person(user=ben, other=ana)
        assert unread(ben) == {}
        mute_person(user=ben, other=ana, muted=False)
        block_person(user=ben, other=ana)
        assert unread(ben) == {}

    def test_muted_rooms_count(self, room, ana, ben):
        Membership.objects.filter(user=ben).update(is_muted=True)
        post(room, ana, "@Ben")
        assert unread(ben) == {room.pk: [1]}

    def test_cleared_history_does_not_count(self, room, ana, ben):
        post(room, ana, "@Ben")
        clear_history(user=ben, room_id=room.pk)
        move_markers([UnreadMarker(ben.pk, room.pk, 1)])
        assert unread(ben) == {}

    def test_only_members_are_counted(self, room, ana, ben):
        cy = make_user("cy")
        post(room, ana, "@Ben @cy")
        assert find_unread_mentions([cy.pk]) == {}
        ban_member(actor=ana, room=room, user=ben, reason="", until=None)
        assert find_unread_mentions([ben.pk]) == {}

    def test_leaving_forgets_them(self, ana, ben):
        public = make_room("Garden", owner=ana)
        make_member(public, ben)
        post(public, ana, "@Ben")
        leave_room(user=ben, room=public)
        assert find_unread_mentions([ben.pk]) == {}

    def test_direct_rooms_count(self, ana, ben):
        direct = open_direct_room(user=ana, other=ben)
        post(direct, ana, "Look, @Ben")
        assert unread(ben) == {direct.pk: [1]}

    def test_a_hundred_rooms_take_one_query(self, ana, ben, django_assert_num_queries):
        rooms = [make_room(owner=ana) for _ in range(100)]
        for each in rooms:
            make_member(each, ben)
            post(each, ana, "@Ben")
        with django_assert_num_queries(1):
            assert len(find_unread_mentions([ana.pk, ben.pk])) == 100

    def test_at_most_a_hundred_are_counted_in_a_room(self, room, ana, ben):
        post_messages([make_draft(room, ana, "@Ben") for _ in range(MOST + 5)])
        assert unread(ben)[room.pk] == list(range(6, MOST + 6))


def connect(user) -> None:
    """Let the user be online."""
    Connection.objects.create(user=user, process=ServerProcess.objects.create(host="host", pid=1))


class TestEveryone:
    def test_room_mentions_all_other_members_with_one_row(self, room, ana, ben):
        cy = make_member(room)
        message = post(room, ana, "Lunch, @Room and @here")
        assert '<bdi data-mention="room">@Room</bdi>' in message.html
        assert (unread(ana), unread(ben), unread(cy)) == ({}, {room.pk: [1]}, {room.pk: [1]})
        assert list(Mention.objects.values_list("kind", "user", "online")) == [("room", None, "")]
        event = serialize_for(ben, message)[0]
        assert (event["mentions"], event["mentions_all"]) == ([], "room")

    def test_here_mentions_those_who_are_online(self, room, ana, ben):
        cy = make_member(room)
        connect(cy)
        connect(make_user())
        message = post(room, ana, "Lunch, @here")
        assert (unread(ben), unread(cy)) == ({}, {room.pk: [1]})
        assert list(Mention.objects.values_list("online", flat=True)) == [f" {cy.pk} "]
        assert serialize_for(ben, message)[0]["mentions_all"] == "here"
        assert [len(mentions_of(each).messages) for each in (ana, ben, cy)] == [0, 0, 1]

    def test_here_mentions_nobody_if_nobody_is_online(self, room, ana, ben):
        post(room, ana, "Lunch, @here")
        connect(ben)
        assert (unread(ben), mentions_of(ben).messages) == ({}, [])

    def test_here_still_mentions_the_same_people_after_another_edit(self, room, ana, ben):
        cy, dee = make_member(room), make_member(room)
        connect(cy)
        message = post(room, ana, "Lunch, @here")
        Connection.objects.all().delete()
        connect(dee)
        edit_message(actor=ana, message_id=message.pk, body="Lunch, @here and @Ben")
        assert [unread(each) for each in (ben, cy, dee)] == [{room.pk: [1]}, {room.pk: [1]}, {}]

    def test_too_many_who_are_online_are_everyone(self, room, ana, ben, monkeypatch):
        monkeypatch.setattr(names, "MAX_ONLINE", 1)
        for user in (ana, make_member(room)):
            connect(user)
        post(room, ana, "@here")
        assert unread(ben) == {room.pk: [1]}

    def test_by_name_and_as_everyone_is_one_mention(self, room, ana, ben):
        post(room, ana, "@room, and @Ben too")
        assert unread(ben) == {room.pk: [1]}
        assert len(mentions_of(ben).messages) == 1

    def test_muted_rooms_count_only_mentions_by_name(self, room, ana, ben):
        Membership.objects.filter(user=ben).update(is_muted=True)
        post(room, ana, "@room")
        post(room, ana, "@room @Ben")
        assert unread(ben) == {room.pk: [2]}

    def test_blocked_people_and_cleared_history_do_not_count(self, room, ana, ben):
        post(room, ana, "@room")
        clear_history(user=ben, room_id=room.pk)
        move_markers([UnreadMarker(ben.pk, room.pk, 1)])
        assert (unread(ben), mentions_of(ben).messages) == ({}, [])
        post(room, ana, "@room")
        assert len(mentions_of(ben).messages) == 1
        block_person(user=ben, other=ana)
        ben = type(ben).objects.get(pk=ben.pk)
        assert (unread(ben), mentions_of(ben).messages) == ({}, [])

    def test_those_who_join_later_are_not_mentioned(self, room, ana):
        post(room, ana, "@room")
        later = make_user()
        add_member(actor=ana, room=room, user=later)
        assert (unread(later), mentions_of(later).messages) == ({}, [])

    def test_direct_rooms_have_nobody_else(self, ana, ben):
        message = post(open_direct_room(user=ana, other=ben), ana, "@room @here")
        assert message.html == "<p>@room @here</p>"

    def test_only_moderators_mention_everyone_in_large_rooms(self, room, ana, ben, monkeypatch):
        monkeypatch.setattr(names, "MAX_EVERYONE", 1)
        for body in ("@room", "@here"):
            [refusal] = post_drafts([make_draft(room, ben, body)])
            assert isinstance(refusal, Forbidden)
            assert body in refusal.detail
        own = post(room, ben, "\\@room and `@here`")
        with pytest.raises(Forbidden):
            edit_message(actor=ben, message_id=own.pk, body="@room")
        own.refresh_from_db()
        assert own.body != "@room"
        assert post(room, ana, "@room").mentions == "room"
        assert Room.objects.get(pk=room.pk).last_seq == 2

    def test_edits_add_and_remove_them(self, room, ana, ben):
        message = post(room, ana, "Lunch")
        edit_message(actor=ana, message_id=message.pk, body="Lunch, @room")
        assert unread(ben) == {room.pk: [1]}
        edit_message(actor=ana, message_id=message.pk, body="Lunch")
        assert (unread(ben), Mention.objects.count()) == ({}, 0)

    def test_looking_them_up_takes_two_queries_for_all_rooms(self, ana, django_assert_num_queries):
        rooms = [make_room(owner=ana) for _ in range(20)]
        rendered = render("@here")
        with django_assert_num_queries(2):
            find_mentionable([Text(ana.pk, room.pk, rendered) for room in rooms])


class TestRoomLinks:
    def test_names_of_rooms_are_links(self, room, ana):
        garden = make_room("Big Garden", owner=make_user())
        message = post(room, ana, "See #big-garden, #Workshop and #nowhere, not x#workshop, `#workshop` or \\#workshop")
        link = '<a class="room-link" href="/rooms/{}/">{}</a>'
        start = (
            f"<p>See {link.format(garden.pk, '#big-garden')}, {link.format(room.pk, '#Workshop')} and #nowhere, not "
        )
        assert message.html == f"{start}x#workshop, <code>#workshop</code> or #workshop</p>"
        assert message.excerpt == "See #big-garden, #Workshop and #nowhere, not x#workshop, #workshop or #workshop"
        assert (message.mentions, Mention.objects.count()) == ("", 0)

    def test_only_rooms_that_the_author_sees_are_linked(self, ana, ben):
        hidden = make_room("Hidden", owner=ana, kind="private")
        public = make_room("Garden", owner=ana)
        make_member(public, ben)
        other = make_room("Attic", owner=ana)
        make_member(other, ben)
        ban_member(actor=ana, room=other, user=ben)
        assert "<a" not in post(public, ben, "#hidden #attic").html
        assert f"/rooms/{hidden.pk}/" in post(public, ana, "#hidden").html

    def test_of_rooms_with_the_same_name_ones_own_is_linked(self, ana, ben):
        make_room("Plans", owner=make_user())
        own = make_room("Plans", owner=ben, kind="private")
        public = make_room("Garden", owner=ana)
        make_member(public, ben)
        assert f"/rooms/{own.pk}/" in post(public, ben, "#plans").html
        assert f"/rooms/{own.pk}/" not in post(public, ana, "#plans").html

    def test_headings_and_addresses_are_none(self, room, ana):
        for body in ("# workshop", "https://example.org/#workshop", "a/#workshop", "##workshop"):
            assert "room-link" not in post(room, ana, body).html

    def test_they_take_one_query(self, ana, django_assert_num_queries):
        text = render(" ".join(f"#room-{number}" for number in range(40)))
        with django_assert_num_queries(1):
            find_mentionable([Text(ana.pk, 1, text) for _ in range(20)])


class TestOutsiders:
    def outsiders(self, room, sender, body: str) -> list[str]:
        [stored] = post_messages([make_draft(room, sender, body)])
        return [person.username for person in stored.outsiders]

    def test_people_who_are_not_in_the_room_are_named_to_the_author(self, room, ana, ben):
        make_user("cy")
        make_user("gone", is_active=False)
        assert self.outsiders(room, ana, "@Ben @cy @gone @nobody @room") == ["cy"]
        assert self.outsiders(room, ana, "@Ben and `@cy`") == []

    def test_each_message_of_a_batch_has_its_own(self, room, ana, ben):
        make_user("cy")
        other = make_room(owner=ana)
        drafts = [make_draft(room, ana, "@Ben @cy"), make_draft(other, ana, "@Ben"), make_draft(room, ana, "none")]
        found = [[person.username for person in stored.outsiders] for stored in post_messages(drafts)]
        assert found == [["cy"], ["Ben"], []]

    def test_repeated_posts_do_not_ask_again(self, room, ana):
        make_user("cy")
        draft = make_draft(room, ana, "@cy")
        assert [len(post_messages([draft])[0].outsiders) for _ in range(2)] == [1, 0]


def test_the_welcome_has_them(room, ana, ben):
    from messaging.runtime.welcome import make_welcomes

    post(room, ana, "@Ben")
    [welcome] = make_welcomes([ben])
    event = json.loads(welcome.text('"online":[]', ()))
    assert [(each["id"], each["unread_mentions"], each["mention_seqs"]) for each in event["rooms"]] == [
        (room.pk, 1, [1])
    ]
    assert Room.objects.get(pk=room.pk).last_seq == 1
