"""Names and emoji that other services choose for what they post."""

import pytest

from accounts.bots.actions import create_bot
from integrations.aliases import check_alias, read_alias
from messaging.models.alias import Alias
from tests.factories import make_user

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("data", "alias"),
    [
        ({"username": "Deploy\n bot", "icon_emoji": ":rocket:"}, Alias("Deploy bot", "🚀")),
        ({"username": "x" * 100, "icon_emoji": "rocket"}, Alias("x" * 60, "🚀")),
        ({"username": "A\u202eb\u200b", "icon_emoji": "🚀"}, Alias("Ab", "🚀")),
        ({"username": "e" + "\u0301" * 50}, Alias("e" + "\u0301" * 4)),
        ({"username": "x" * 59 + " y"}, Alias("x" * 59)),
        ({"username": ["x"], "icon_emoji": {"x": 1}}, Alias()),
        ({"icon_emoji": ":no_such_emoji:"}, Alias()),
        ({"icon_emoji": "🚀" * 10_000}, Alias()),
        ({"icon_emoji": "<b>"}, Alias()),
    ],
    ids=["both", "long", "hidden characters", "stacked marks", "cut", "types", "unknown", "huge", "no emoji"],
)
def test_names_and_emoji_are_read(data, alias):
    assert read_alias(data) == alias


@pytest.fixture
def people():
    make_user("Ivan", display_name="Ivan Petrov")
    create_bot(actor=None, username="deploys", display_name="Deploys")


@pytest.mark.parametrize(
    "name",
    [
        *("ivan", "IVAN", "lvan", "@ivan", "Ivan Petrov", "ivan  petrov!", "Iván Pétrov", "system", "Sуstem"),
        *("everyone", "Deleted user", "\u2800"),
    ],
    ids=[
        *("username", "capitals", "look-alike", "with at", "display name", "punctuation", "accents", "reserved"),
        *("reserved look-alike", "everyone", "deleted", "blank"),
    ],
)
def test_names_of_people_and_reserved_ones_are_not_shown(people, name):
    checked = check_alias(Alias(name, "🚀"))
    assert checked.alias == Alias("", "🚀")
    assert checked.problem
    assert check_alias(Alias(name)).alias is None


@pytest.mark.parametrize(
    "name", ["Deploys", "Ivan’s builds", "Построение", "42"], ids=["bot", "part", "script", "digits"]
)
def test_other_names_are_shown(people, name):
    assert check_alias(Alias(name)) == (Alias(name), "")


def test_a_post_without_a_name_needs_no_query(django_assert_num_queries):
    with django_assert_num_queries(0):
        assert check_alias(Alias(emoji="🚀")) == (Alias(emoji="🚀"), "")
    with django_assert_num_queries(2):
        check_alias(Alias("Deploys"))
