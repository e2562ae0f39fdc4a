"""Messages of which users weren't notified because they didn't want to be disturbed, and how these are summed up."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import reduce
from operator import or_
from typing import NamedTuple

from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User, blocklists_for
from messaging.models import AddedMention, Cause, Channel, Notification, Trigger
from rooms.models import CONVERSATIONS, Membership
from rooms.serializers import serialize_room_labels

HOLDING = frozenset({Cause.QUIET_HOURS, Cause.DND})
MAX_READ = 5_000  # of all users together
MAX_ROOMS = 5  # named in a summary

_MENTIONS = frozenset({Trigger.MENTION, Trigger.GROUP, Trigger.EVERYONE})


class Held(NamedTuple):
    """A message that concerns a user. `trigger`: why."""

    user_id: int
    message_id: int
    room_id: int
    seq: int
    sender_id: int
    trigger: str


def read_held_back(since: Mapping[int, datetime]) -> dict[int, list[Held]]:
    """Return the messages that each of these users still hasn't read, oldest first, held back since the given times."""
    added = AddedMention.objects.filter(user=OuterRef(OuterRef("user")), message=OuterRef(OuterRef("message")))
    unread = Membership.objects.visible().filter(
        Q(last_read_seq__lt=OuterRef("seq")) | Q(Exists(added)),
        user=OuterRef("user"),
        room=OuterRef("room"),
        is_muted=False,
        cleared_seq__lt=OuterRef("seq"),
    )
    found: dict[int, list[Held]] = defaultdict(list)
    if since:
        wanted = reduce(or_, (Q(user=pk, created_at__gte=at) for pk, at in since.items()))
        held = Notification.objects.filter(wanted, Exists(unread), channel=Channel.BADGE, cause__in=HOLDING)
        rows = held.filter(message__deleted_at=None).order_by("-message")
        blocklists = blocklists_for(since)
        for row in rows.values_list("user", "message", "room", "seq", "message__sender", "trigger")[:MAX_READ]:
            each = Held(*row)
            blocked, muted = blocklists[each.user_id]
            if each.sender_id not in blocked | muted:
                found[each.user_id].insert(0, each)
    return found


def describe_held_back(user: User, held: Sequence[Held], *, shows_content: bool) -> tuple[str, str]:
    """Return the title and the body of a summary, in the current language. The body has a line for each room."""
    if not shows_content:
        return ngettext("%(count)d new message", "%(count)d new messages", len(held)) % {"count": len(held)}, ""
    return _title(held), "\n".join(_lines(user, held))


def _title(held: Sequence[Held]) -> str:
    triggers, count = {each.trigger for each in held}, len(held)
    if triggers <= _MENTIONS:
        text = ngettext("%(count)d mention while you were away", "%(count)d mentions while you were away", count)
    elif triggers == {Trigger.DIRECT}:
        text = ngettext(
            "%(count)d direct message while you were away", "%(count)d direct messages while you were away", count
        )
    else:
        text = ngettext("%(count)d message while you were away", "%(count)d messages while you were away", count)
    return text % {"count": count}


def _lines(user: User, held: Sequence[Held]) -> list[str]:
    counts = Counter(each.room_id for each in held)
    shown = counts.most_common(MAX_ROOMS)
    labels = serialize_room_labels(user, [room_id for room_id, _count in shown])
    lines = []
    for room_id, count in shown:
        label = labels[room_id]
        name = label["name"] if label["kind"] in CONVERSATIONS else f"#{label['name']}"
        lines.append(_("%(room)s: %(count)d") % {"room": name, "count": count})
    if more := len(counts) - len(shown):
        lines.append(ngettext("and %(count)d more room", "and %(count)d more rooms", more) % {"count": more})
    return lines
