"""Reactions over sockets."""

from contextlib import ExitStack

import pytest

from accounts.models import User
from messaging.models import Message
from messaging.posting.reactions import ReactionChange, change_reactions
from messaging.reactions.summary import MAX_LISTED
from messaging.runtime.engine import REACTION_BURST
from rooms.blocking import block_person
from tests.factories import make_member, make_user, post
from tests.live_client import LiveClient

THUMB = "👍"


@pytest.fixture
def ana(everyone) -> User:
    return make_member(everyone, make_user("ana"))


@pytest.fixture
def bo(everyone) -> User:
    return make_member(everyone, make_user("bo"))


@pytest.fixture
def message(everyone, ana) -> Message:
    return post(everyone, ana, "We won the prize")


@pytest.fixture
def popular(everyone, message) -> list[User]:
    """Return users who reacted to the message, one more than are listed."""
    users = [make_member(everyone) for _ in range(MAX_LISTED + 1)]
    change_reactions([ReactionChange(user.pk, message.pk, THUMB, is_added=True) for user in users])
    return users


def react(client: LiveClient, message: Message, emoji: str = THUMB, verb: str = "add") -> dict:
    return client.call(f"reaction.{verb}", message=message.pk, emoji=emoji)


def test_everyone_in_the_room_receives_a_reaction(uvicorn, ana, bo, message):
    with LiveClient(uvicorn, ana) as author, LiveClient(uvicorn, bo) as reader:
        assert react(reader, message)["type"] == "ok"
        for client in (author, reader):
            changed = client.wait_for("message.changed")
            assert changed["message"]["reactions"] == [{"emoji": THUMB, "count": 1, "users": [bo.pk]}]
            assert changed["version"] == 2
        react(reader, message, verb="remove")
        assert author.wait_for("message.changed")["message"]["reactions"] == []


@pytest.mark.parametrize(
    ("fields", "code", "named"),
    [
        ({"emoji": "beer"}, "invalid", "emoji"),
        ({"emoji": ""}, "invalid", "emoji"),
        ({"emoji": "🍺" * 100}, "invalid", "emoji"),
        ({"emoji": 1}, "invalid", "emoji"),
        ({}, "invalid", "emoji"),
        ({"emoji": THUMB, "message": 2**62}, "not_found", None),
    ],
)
def test_invalid_reactions_get_an_error(uvicorn, bo, message, fields, code, named):
    with LiveClient(uvicorn, bo) as client:
        answer = client.call("reaction.add", **({"message": message.pk} | fields))
        assert (answer["type"], answer["code"], answer.get("field")) == ("error", code, named)
        assert client.settle() == []


def test_a_blocked_user_is_not_counted_live(uvicorn, everyone, ana, bo, message):
    other = make_member(everyone)
    block_person(user=ana, other=bo)
    with ExitStack() as stack:
        author, reader, third = [stack.enter_context(LiveClient(uvicorn, user)) for user in (ana, bo, other)]
        react(reader, message)
        assert author.wait_for("message.changed")["message"]["reactions"] == []
        react(third, message)
        assert author.wait_for("message.changed")["message"]["reactions"] == [
            {"emoji": THUMB, "count": 1, "users": [other.pk]}
        ]
        assert reader.wait_for("message.changed", version=3)["message"]["reactions"][0]["count"] == 2


def test_who_blocks_someone_not_listed_requests_the_change(uvicorn, everyone, ana, bo, message, popular):
    block_person(user=ana, other=popular[-1])
    with LiveClient(uvicorn, ana) as author, LiveClient(uvicorn, bo) as reader:
        known = author.welcome["rooms"][0]["version"]
        react(reader, message)
        missed = author.wait_for("room.changes")
        assert (missed["version"], missed["more"], missed["messages"]) == (known, True, [])
        author.send("sync", rooms={everyone.pk: known})
        [changed] = author.wait_for("room.changes")["messages"]
        assert changed["reactions"][0]["count"] == len(popular)  # with Bo, without the blocked user


def test_ones_own_reaction_is_known_in_all_tabs(uvicorn, bo, message, popular):
    with LiveClient(uvicorn, bo) as one, LiveClient(uvicorn, bo) as other:
        react(one, message)
        [reaction] = other.wait_for("message.changed")["message"]["reactions"]
        assert (reaction["count"], bo.pk in reaction["users"]) == (len(popular) + 1, False)
        assert other.wait_for("reactions.own", message=message.pk)["emoji"] == [THUMB]
        react(one, message, verb="remove")
        assert other.wait_for("reactions.own", message=message.pk)["emoji"] == []


def test_one_user_cannot_make_everyone_receive_messages_over_and_over(uvicorn, bo, message):
    with LiveClient(uvicorn, bo) as client:
        verbs = [("add", "remove")[number % 2] for number in range(REACTION_BURST)]
        assert {react(client, message, verb=verb)["type"] for verb in verbs} == {"ok"}
        refused = next(answer for answer in iter(lambda: react(client, message), None) if answer["type"] == "error")
        assert (refused["code"], refused["retry_after"] > 0) == ("rate_limited", True)


def test_many_reactions_reach_a_page_in_few_events(uvicorn, everyone, ana, message):
    people = [make_member(everyone) for _ in range(20)]
    with ExitStack() as stack:
        clients = [stack.enter_context(LiveClient(uvicorn, user)) for user in people]
        author = stack.enter_context(LiveClient(uvicorn, ana))
        refs = [client.send("reaction.add", message=message.pk, emoji=THUMB) for client in clients]
        for client, ref in zip(clients, refs, strict=True):
            assert client.response_to(ref)["type"] == "ok"
        changes = [event for event in author.settle() if event["type"] == "message.changed"]
    assert changes[-1]["message"]["reactions"][0]["count"] == len(people)
    assert len(changes) < len(people) / 2
