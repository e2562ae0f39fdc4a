"""The summary of a message's reactions, which is stored with the message as JSON and sent with it.

It contains, for each emoji in the order of its first use, the number of users and the ids of the first MAX_LISTED. A
popular message would otherwise have to be sent with thousands of ids whenever it changes.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import Any, Protocol

import msgspec

from accounts.models import User
from live.envelope import encoded
from messaging.models import Reaction

MAX_EMOJI = 20  # on a message
MAX_LISTED = 50  # users per emoji

JSON = dict[str, Any]

_decode = msgspec.json.Decoder(list[JSON]).decode


class HasReactions(Protocol):
    """A message in any form. `reactions`: see `encode_reactions`."""

    @property
    def pk(self) -> int: ...
    @property
    def reactions(self) -> str: ...


def reactions_of(message: HasReactions) -> list[JSON]:
    """Return the reactions as described in docs/protocol.md, as everyone sees them who blocks no one."""
    return _decode(message.reactions) if message.reactions else []


def encode_reactions(reactions: Sequence[JSON]) -> str:
    return encoded(reactions) if reactions else ""


def listed_users(message: HasReactions) -> set[int]:
    return {user_id for each in reactions_of(message) for user_id in each["users"]} if message.reactions else set()


def is_complete(reactions: Iterable[JSON]) -> bool:
    """Return whether all users are listed."""
    return all(each["count"] == len(each["users"]) for each in reactions)


def all_users(message: HasReactions) -> set[int]:
    """Return the ids of all users who reacted. This runs a query if they aren't all listed."""
    if is_complete(reactions_of(message)):
        return listed_users(message)
    return set(Reaction.objects.filter(message=message.pk).values_list("user_id", flat=True))


# -- as a user sees them ------------------------------------------------------------------------------


def without_users(reactions: Iterable[JSON], hidden: Collection[int]) -> list[JSON]:
    """Return the reactions without those of listed users who are hidden."""
    seen = []
    for each in reactions:
        users = [user_id for user_id in each["users"] if user_id not in hidden]
        count = each["count"] - len(each["users"]) + len(users)
        if count:
            seen.append(each | {"users": users, "count": count})
    return seen


def reactions_for(viewer: User, messages: Iterable[HasReactions]) -> dict[int, list[JSON]]:
    """Return the reactions that `viewer` sees, by the ids of the messages that have some.

    Users whom the viewer blocks aren't counted. Where not all users are listed, `own` says whether the viewer reacted.
    """
    everyones = {message.pk: reactions_of(message) for message in messages if message.reactions}
    if not everyones:
        return {}
    blocked_ids = viewer.blocked_ids
    if blocked_ids:
        seen = {pk: without_users(reactions, blocked_ids) for pk, reactions in everyones.items()}
    else:
        seen = everyones
    if incomplete := [pk for pk, reactions in everyones.items() if not is_complete(reactions)]:
        _add_unlisted(viewer, incomplete, everyones, seen)
    return seen


def _add_unlisted(
    viewer: User, message_ids: Sequence[int], everyones: dict[int, list[JSON]], seen: dict[int, list[JSON]]
) -> None:
    """Correct the counts by blocked users who aren't listed, and add `own`."""
    listed = {(pk, each["emoji"]): frozenset(each["users"]) for pk in message_ids for each in everyones[pk]}
    reactions = {(pk, each["emoji"]): each for pk in message_ids for each in seen[pk]}
    for reaction in reactions.values():
        reaction["own"] = viewer.pk in reaction["users"]
    known = Reaction.objects.filter(message__in=message_ids, user__in={viewer.pk, *viewer.blocked_ids})
    for pk, emoji, user_id in known.values_list("message_id", "emoji", "user_id"):
        found = reactions.get((pk, emoji))
        if found is None or user_id in listed.get((pk, emoji), ()):
            continue
        if user_id == viewer.pk:
            found["own"] = True
        else:
            found["count"] -= 1
    for pk in message_ids:
        seen[pk] = [each for each in seen[pk] if each["count"]]
