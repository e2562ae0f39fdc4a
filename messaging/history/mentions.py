"""Finds the messages that mention a user, for their own list of mentions."""

from typing import NamedTuple

from django.db.models import Exists, OuterRef, QuerySet

from accounts.models import User
from messaging.history.journal import read_messages
from messaging.models import Mention, MessageRow
from rooms.models import Membership

PAGE = 30


class MentionsPage(NamedTuple):
    """Messages, the newest first, and the id before which the next page begins, or None."""

    messages: list[MessageRow]
    next: int | None


def mentions_of(viewer: User, *, before: int | None = None) -> MentionsPage:
    """Return messages that mention the viewer, in rooms that they are in, and not from people whom they block."""
    found = _mentions_seen_by(viewer)
    if before is not None:
        found = found.filter(message__lt=before)
    ids = list(found.order_by("-message").values_list("message", flat=True)[: PAGE + 1])
    return MentionsPage(read_messages(ids[:PAGE]), ids[PAGE - 1] if len(ids) > PAGE else None)


def _mentions_seen_by(viewer: User) -> QuerySet[Mention]:
    memberships = Membership.objects.visible().filter(user=viewer, room=OuterRef("room"))
    is_seen = Exists(memberships.filter(cleared_seq__lt=OuterRef("seq")))
    hidden = [viewer.pk, *viewer.blocked_ids]
    return Mention.objects.filter(is_seen, user=viewer).exclude(message__sender__in=hidden)
