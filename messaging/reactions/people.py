"""Lists who reacted to a message."""

from collections.abc import Sequence
from typing import Any

from accounts.models import User
from messaging.models import Reaction
from messaging.reactions.summary import MAX_LISTED, HasReactions, reactions_for
from rooms.serializers import serialize_person

JSON = dict[str, Any]

PAGE = 50


def first_people(message: HasReactions, viewer: User) -> list[JSON]:
    """Return the reactions that the viewer sees, each with its first people and `next`, the offset of more, or None."""
    reactions = reactions_for(viewer, [message]).get(message.pk, [])
    people = _people({user_id for each in reactions for user_id in each["users"]})
    return [
        {
            "emoji": each["emoji"],
            "count": each["count"],
            "people": [people[user_id] for user_id in each["users"] if user_id in people],
            "next": MAX_LISTED if each["count"] > len(each["users"]) else None,
        }
        for each in reactions
    ]


def more_people(message: HasReactions, viewer: User, emoji: str, offset: int) -> JSON:
    """Return further people in the order of their reactions, from an offset on, and `next`."""
    reactions = Reaction.objects.filter(message=message.pk, emoji=emoji).order_by("pk")
    ids = list(reactions.values_list("user_id", flat=True)[offset : offset + PAGE + 1])
    page = [user_id for user_id in ids[:PAGE] if user_id not in viewer.blocked_ids]
    people = _people(page)
    return {
        "emoji": emoji,
        "people": [people[user_id] for user_id in page if user_id in people],
        "next": offset + PAGE if len(ids) > PAGE else None,
    }


def _people(user_ids: set[int] | Sequence[int]) -> dict[int, JSON]:
    return {user.pk: serialize_person(user) for user in User.objects.filter(pk__in=user_ids)}
