"""Reactions: permissions, counts, blocks, and what happens when many people react at once."""

import json
from collections.abc import Sequence
from typing import Any

import pytest
from django.db import transaction

from accounts.models import User
from messaging.data_export import reactions as exported_reactions
from messaging.history import events, journal
from messaging.models import BulkDeletion, Message, Reaction
from messaging.moderation.bulk_delete import delete_next_piece
from messaging.posting.actions import clear_history, delete_message, edit_message
from messaging.posting.reactions import ReactionChange, change_reactions, require_emoji
from messaging.reactions.summary import MAX_EMOJI, MAX_LISTED, encode_reactions
from messaging.receivers import schedule_deletion
from rooms.actions import archive_room, delete_room, open_direct_room
from rooms.blocking import block_person
from rooms.errors import Archived, Blocked, Invalid, NotAMember, NotFound, Refusal
from tests.factories import log_in, make_member, make_room, post

pytestmark = pytest.mark.django_db

HEART, THUMB = "❤️", "👍"


@pytest.fixture
def room(people):
    return people["room"]


@pytest.fixture
def message(people, room):
    return post(room, people["member"], "We won the prize")


def change(user: User, message: Message, emoji: str = THUMB, *, is_added: bool = True) -> ReactionChange:
    return ReactionChange(user.pk, message.pk, emoji, is_added)


def react(user: User, message: Message, emoji: str = THUMB, *, is_added: bool = True) -> None:
    [refusal] = change_reactions([change(user, message, emoji, is_added=is_added)])
    if refusal is not None:
        raise refusal


def shown(message: Message, viewer: User) -> list[dict[str, Any]]:
    """Return the reactions as in a page of history."""
    page = journal.latest(message.room_id, viewer=User.objects.get(pk=viewer.pk))
    [event] = [
        each
        for each in events.serialize_for(User.objects.get(pk=viewer.pk), *page.messages)
        if each["id"] == message.pk
    ]
    return event["reactions"]


def counts(message: Message, viewer: User) -> dict[str, int]:
    return {each["emoji"]: each["count"] for each in shown(message, viewer)}


def crowd(room: Any, size: int) -> list[User]:
    return [make_member(room) for _ in range(size)]


def version_of(message: Message) -> int:
    return Message.objects.values_list("version", flat=True).get(pk=message.pk)


# -- permissions --------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["former", "stranger", "root"])
def test_others_cannot_react(people, message, who):
    with pytest.raises(NotFound, match="Message not found"):
        react(people[who], message)


def test_those_who_have_not_joined_cannot_react(people):
    message = post(make_room("Square", owner=people["owner"]), people["owner"])
    with pytest.raises(NotAMember):
        react(people["stranger"], message)


def test_suspended_users_cannot_react(people, message):
    User.objects.filter(pk=people["other"].pk).update(is_active=False)
    with pytest.raises(NotFound):
        react(people["other"], message)


def test_nobody_reacts_to_what_they_do_not_see(people, room, message):
    clear_history(user=people["other"], room_id=room.pk)
    with pytest.raises(NotFound):
        react(people["other"], message)
    block_person(user=people["moderator"], other=people["member"])
    with pytest.raises(NotFound):
        react(people["moderator"], message)
    delete_message(actor=people["member"], message_id=message.pk)
    with pytest.raises(NotFound):
        react(people["owner"], message)
    with pytest.raises(NotFound):
        react(people["owner"], Message(pk=message.pk + 1_000))


def test_reactions_in_archived_rooms_and_closed_conversations_cannot_be_changed(people, room, message):
    react(people["other"], message)
    archive_room(actor=people["owner"], room=room)
    for is_added in (True, False):
        with pytest.raises(Archived):
            react(people["other"], message, is_added=is_added)
    direct = open_direct_room(user=people["owner"], other=people["stranger"])
    letter = post(direct, people["owner"])
    block_person(user=people["owner"], other=people["stranger"])
    with pytest.raises(Blocked):
        react(people["stranger"], letter)


def test_members_react_in_rooms_where_only_moderators_post(people, room, message):
    type(room).objects.filter(pk=room.pk).update(is_read_only=True)
    react(people["other"], message)
    assert counts(message, people["owner"]) == {THUMB: 1}


@pytest.mark.parametrize("text", ["", "a", "1", "👍👍", "👍 ", "🏽", "\u200d", ":tada:", "<b>", "\ufe0f"])
def test_only_single_emoji_are_accepted(text):
    with pytest.raises(Invalid) as refusal:
        require_emoji(text)
    assert refusal.value.field == "emoji"


@pytest.mark.parametrize("emoji", ["👍", "👍🏽", "❤️", "🇪🇨", "👨‍👩‍👧", "🏴󠁧󠁢󠁳󠁣󠁴󠁿", "1️⃣"])
def test_all_kinds_of_emoji_are_accepted(emoji):
    assert require_emoji(emoji) == emoji


def test_the_forms_of_an_emoji_are_one():
    assert require_emoji("\u2764") == HEART


# -- counts -------------------------------------------------------------------------------------------


def test_reactions_are_counted_in_the_order_of_their_first_use(people, message):
    owner, other = people["owner"], people["other"]
    react(owner, message, HEART)
    react(other, message, THUMB)
    react(other, message, HEART)
    assert shown(message, owner) == [
        {"emoji": HEART, "count": 2, "users": [owner.pk, other.pk]},
        {"emoji": THUMB, "count": 1, "users": [other.pk]},
    ]
    react(owner, message, HEART, is_added=False)
    react(other, message, HEART, is_added=False)
    assert counts(message, owner) == {THUMB: 1}


def test_repeating_a_reaction_changes_nothing(people, message):
    react(people["other"], message)
    before = version_of(message)
    react(people["other"], message)
    react(people["other"], message, HEART, is_added=False)
    change_reactions([change(people["other"], message, HEART), change(people["other"], message, HEART, is_added=False)])
    assert version_of(message) == before
    assert counts(message, people["owner"]) == {THUMB: 1}


def test_a_reaction_removed_and_added_again_in_a_batch_stays(people, message):
    react(people["other"], message)
    change_reactions([change(people["other"], message, is_added=False), change(people["other"], message)])
    assert counts(message, people["owner"]) == {THUMB: 1}
    assert Reaction.objects.count() == 1


def test_a_message_has_a_limited_number_of_different_reactions(people, message):
    emoji = [chr(code) for code in range(0x1F600, 0x1F600 + MAX_EMOJI + 1)]
    results = change_reactions([change(people["other"], message, each) for each in emoji])
    assert results[:-1] == [None] * MAX_EMOJI
    assert isinstance(results[-1], Invalid)
    assert "20" in str(results[-1].message)
    react(people["owner"], message, emoji[0])
    assert counts(message, people["owner"])[emoji[0]] == 2
    assert len(shown(message, people["owner"])) == MAX_EMOJI


def test_one_refusal_leaves_the_others_of_the_batch(people, message):
    results = change_reactions([change(people["stranger"], message), change(people["other"], message)])
    assert isinstance(results[0], Refusal)
    assert results[1] is None
    assert counts(message, people["owner"]) == {THUMB: 1}


def test_many_reactions_at_once_make_one_version(people, room, message, django_assert_max_num_queries):
    other = post(room, people["owner"])
    members = crowd(room, 120)
    before = max(version_of(message), version_of(other))
    with django_assert_max_num_queries(16):
        change_reactions([change(each, message) for each in members] + [change(members[0], other)])
    assert {version_of(message), version_of(other)} == {before + 1, before + 2}
    [reaction] = shown(message, people["owner"])
    assert reaction == {"emoji": THUMB, "count": 120, "users": [each.pk for each in members[:MAX_LISTED]], "own": False}
    assert shown(message, members[-1])[0]["own"] is True
    room.refresh_from_db()
    assert room.version == before + 2
    assert room.last_at is not None


def test_the_list_of_users_is_filled_up_when_one_of_them_leaves_it(people, room, message):
    members = crowd(room, MAX_LISTED + 2)
    change_reactions([change(each, message) for each in members])
    react(members[0], message, is_added=False)
    [reaction] = shown(message, people["owner"])
    assert (reaction["count"], reaction["users"]) == (MAX_LISTED + 1, [each.pk for each in members[1 : MAX_LISTED + 1]])
    react(members[-1], message, is_added=False)
    [reaction] = shown(message, people["owner"])
    assert reaction == {"emoji": THUMB, "count": MAX_LISTED, "users": [each.pk for each in members[1 : MAX_LISTED + 1]]}


def test_an_edit_keeps_reactions_and_a_deletion_deletes_them(people, message):
    react(people["other"], message)
    edit_message(actor=people["member"], message_id=message.pk, body="We won a prize")
    assert counts(message, people["owner"]) == {THUMB: 1}
    delete_message(actor=people["member"], message_id=message.pk)
    assert shown(message, people["owner"]) == []
    assert not Reaction.objects.exists()


def test_a_room_with_reactions_can_be_deleted(people, room, message):
    react(people["other"], message)
    delete_room(actor=people["owner"], room=room)
    assert not Reaction.objects.exists()


# -- blocks -------------------------------------------------------------------------------------------


def test_blocked_users_are_not_counted(people, message):
    owner, other = people["owner"], people["other"]
    react(other, message, HEART)
    react(other, message, THUMB)
    react(owner, message, THUMB)
    block_person(user=owner, other=other)
    assert shown(message, owner) == [{"emoji": THUMB, "count": 1, "users": [owner.pk]}]
    assert counts(message, people["member"]) == {HEART: 1, THUMB: 2}


def test_blocked_users_are_not_counted_among_those_who_are_not_listed(people, room, message):
    members = crowd(room, MAX_LISTED + 3)
    change_reactions([change(each, message) for each in members])
    for blocked in (members[0], members[-1]):
        block_person(user=people["owner"], other=blocked)
    [reaction] = shown(message, people["owner"])
    assert reaction["count"] == MAX_LISTED + 1
    assert members[0].pk not in reaction["users"]


def test_a_search_for_reactions_does_not_find_those_of_blocked_users(people, message):
    def found(viewer: User) -> list[int]:
        answer = log_in(viewer).get("/search/messages/?q=has:reaction", headers={"X-Requested-With": "fetch"})
        return [each["id"] for each in answer.json()["messages"]]

    assert found(people["owner"]) == []
    react(people["other"], message)
    assert found(people["owner"]) == [message.pk]
    block_person(user=people["owner"], other=people["other"])
    assert found(people["owner"]) == []
    assert found(people["member"]) == [message.pk]
    react(people["other"], message, is_added=False)
    assert found(people["member"]) == []


# -- who reacted --------------------------------------------------------------------------------------


def listed(viewer: User, message: Message, query: str = "") -> Any:
    answer = log_in(viewer).get(f"/messages/{message.pk}/reactions/{query}", headers={"X-Requested-With": "fetch"})
    return answer.json() if answer.status_code == 200 else answer.status_code


def names(people: Sequence[dict[str, Any]]) -> list[int]:
    return [each["id"] for each in people]


def test_members_see_who_reacted(people, room, message):
    members = crowd(room, MAX_LISTED + 10)
    change_reactions([change(each, message) for each in members])
    react(people["owner"], message, HEART)
    block_person(user=people["moderator"], other=members[1])
    first, second = listed(people["moderator"], message)["reactions"]
    assert (first["emoji"], first["count"], first["next"]) == (THUMB, MAX_LISTED + 9, MAX_LISTED)
    assert names(first["people"]) == [members[0].pk, *(each.pk for each in members[2:MAX_LISTED])]
    assert (second["emoji"], names(second["people"]), second["next"]) == (HEART, [people["owner"].pk], None)
    more = listed(people["moderator"], message, f"?emoji={THUMB}&offset={first['next']}")
    assert (names(more["people"]), more["next"]) == ([each.pk for each in members[MAX_LISTED:]], None)
    assert listed(people["moderator"], message, "?emoji=x&offset=-1") == 400


@pytest.mark.parametrize("who", ["former", "stranger", "root"])
def test_others_do_not_see_who_reacted(people, message, who):
    react(people["owner"], message)
    assert listed(people[who], message) == 404


# -- accounts -----------------------------------------------------------------------------------------


def test_deleting_an_account_with_its_messages_deletes_its_reactions(people, message):
    react(people["other"], message)
    react(people["owner"], message)
    with transaction.atomic():
        schedule_deletion(sender=None, user=people["other"], with_messages=True)
    while BulkDeletion.objects.exists():
        assert delete_next_piece()
    assert shown(message, people["owner"]) == [{"emoji": THUMB, "count": 1, "users": [people["owner"].pk]}]


def test_the_data_export_contains_ones_own_reactions(people, message):
    react(people["other"], message, HEART)
    react(people["owner"], message)
    [(name, chunks)] = exported_reactions(people["other"])
    [reaction] = json.loads(b"".join(chunks))
    assert (name, reaction["message"], reaction["emoji"]) == ("reactions.json", message.pk, HEART)


def test_no_reactions_take_no_room():
    assert encode_reactions([]) == ""
