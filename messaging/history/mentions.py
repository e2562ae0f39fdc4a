"""Finds the messages that mention a user, for their own list of mentions."""

from typing import NamedTuple

from django.db.models import Exists, OuterRef, Q, QuerySet

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
    """Return messages that mention the viewer, in rooms that they are in, and not from people whom they block.

    Those that mention everyone are included if they were posted while the viewer was in the room. Those that mention a
    group list the people who were in it.
    """
    memberships = Membership.objects.visible().filter(user=viewer, room=OuterRef("room"))
    seen = memberships.filter(cleared_seq__lt=OuterRef("seq"))
    by_name = Mention.objects.filter(Exists(seen), user=viewer)
    were_in = Exists(seen.filter(joined_at__lte=OuterRef("message__created_at")))
    is_meant = Q(online="") | Q(online__contains=f" {viewer.pk} ")
    in_group = Exists(seen) & Q(kind=Mention.Kind.GROUP, online__contains=f" {viewer.pk} ")
    by_everyone = Mention.objects.filter((were_in & is_meant) | in_group, user=None)
    # Each of them reads an index. With OR, databases would read all mentions of everyone.
    ids = sorted({pk for found in (by_name, by_everyone) for pk in _newest(found, viewer, before)}, reverse=True)
    return MentionsPage(read_messages(ids[:PAGE]), ids[PAGE - 1] if len(ids) > PAGE else None)


def _newest(found: QuerySet[Mention], viewer: User, before: int | None) -> list[int]:
    """Return the ids of the newest messages, one more than on a page."""
    found = found.exclude(message__sender__in=[viewer.pk, *viewer.blocked_ids])
    if before is not None:
        found = found.filter(message__lt=before)
    return list(found.order_by("-message").values_list("message", flat=True)[: PAGE + 1])
