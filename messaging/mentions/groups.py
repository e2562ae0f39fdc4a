"""Groups that messages mention, with those of their members who were in the room when the message was posted.

In a message's `mentions`, a group is `g` and its id, a colon, and the ids of these people, separated by commas. Those
who join the group or the room later aren't mentioned.
"""

from collections.abc import Collection, Iterable
from typing import NamedTuple, Self

from accounts.models import GroupMember, User
from accounts.sql import batched, fetch, table, value_rows
from rooms.models import Membership

MAX_GROUPS = 10  # in one message
MAX_REACHED = 1_000  # people in the groups of one message

GroupKey = tuple[int, int]  # the ids of a group and of a room


class GroupMention(NamedTuple):
    group_id: int
    user_ids: tuple[int, ...]

    def __str__(self) -> str:
        return f"g{self.group_id}:{','.join(map(str, self.user_ids))}"

    @classmethod
    def parse(cls, value: str) -> Self:
        group_id, _, user_ids = value[1:].partition(":")
        return cls(int(group_id), tuple(map(int, user_ids.split(","))) if user_ids else ())


def is_group(value: str) -> bool:
    """Return whether one of the values in a message's `mentions` is a group."""
    return value.startswith("g")


def groups_in(mentions: str) -> list[GroupMention]:
    """Return the groups in a message's `mentions`."""
    return [GroupMention.parse(value) for value in mentions.split() if is_group(value)] if "g" in mentions else []


def reached_by(groups: Iterable[GroupMention]) -> list[int]:
    """Return the ids of the people in these groups, each once."""
    return list(dict.fromkeys(user_id for group in groups for user_id in group.user_ids))


def keep_reached(mentions: str, earlier: str) -> str:
    """Return the `mentions` of an edited message, in which groups that it mentioned before reach the same people."""
    before = {group.group_id: group for group in groups_in(earlier)}
    values = (
        str(before.get(GroupMention.parse(value).group_id, value)) if is_group(value) else value
        for value in mentions.split()
    )
    return " ".join(values)


def find_reached(keys: Collection[GroupKey]) -> dict[GroupKey, list[int]]:
    """Return the ids of the groups' members who are in the rooms, with one query for each 500 groups."""
    reached: dict[GroupKey, list[int]] = {}
    for some in batched(sorted(keys)):
        sql = (
            f"WITH wanted (group_id, room_id) AS (VALUES {value_rows(2, len(some))}) "  # noqa: S608
            f"SELECT wanted.group_id, wanted.room_id, belonging.user_id FROM wanted "
            f"JOIN {table(GroupMember)} belonging ON belonging.group_id = wanted.group_id "
            f"JOIN {table(Membership)} member ON member.user_id = belonging.user_id "
            f"AND member.room_id = wanted.room_id "
            f"JOIN {table(User)} person ON person.id = belonging.user_id WHERE person.is_active ORDER BY 3"
        )
        for group_id, room_id, user_id in fetch(sql, [number for key in some for number in key]):
            reached.setdefault((group_id, room_id), []).append(user_id)
    return reached
