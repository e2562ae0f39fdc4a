"""Which unread messages are no news: those of people whom the reader blocks or mutes."""

from collections.abc import Callable, Collection, Mapping

from rooms.room_state import MemberKey

CountQuiet = Callable[[Collection[int]], Mapping[MemberKey, int]]


def _none(user_ids: Collection[int]) -> Mapping[MemberKey, int]:
    return {}


# How many of these users' unread messages are no news, by user and room. Messages belong to a later app, which
# puts its own function here.
count_suppressed_unread: CountQuiet = _none
