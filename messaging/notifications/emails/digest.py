"""The weekly summary, for people who asked for it and haven't been on the site for some days, sent in their morning.

As with emails about unread messages, each is composed without a transaction. A conditional update then claims it, so
that several processes send one.
"""

import logging
from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import Any, NamedTuple

from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.links import site_url
from accounts.mail.addresses import verified_addresses
from accounts.mail.backend import enqueue, prepare
from accounts.mail.delivery import can_email_links
from accounts.models import Connection, QueuedEmail, User, site_name
from accounts.time_zones import find_zone
from live.db_threads import in_thread, in_writing_thread
from messaging.models import NotificationPreferences
from messaging.notifications.emails.composition import make_email, speaking_to
from messaging.notifications.emails.delivery import has_space
from messaging.notifications.emails.headers import headers_of, subject_of
from messaging.notifications.emails.links import Kind, unsubscribe_url
from messaging.notifications.emails.summary import Summary, read_summary

POLL_SECONDS = 600.0
PIECE = 5  # people
INACTIVE_FOR = timedelta(days=5)
WEEK = timedelta(days=7)
MORNING, NOON = time(9), time(12)  # summaries that are late, such as after an outage, are sent the next day

logger = logging.getLogger(__name__)


class Composed(NamedTuple):
    """The summary that is due, or None if nothing happened or it isn't morning. `due_at`: when to look again."""

    preferences: NotificationPreferences
    email: QueuedEmail | None
    due_at: datetime


async def deliver_next() -> bool:
    """Queue some of the summaries that are due. Return whether there may be more."""
    now = timezone.now()
    composed = await in_thread(_compose_due, now)
    if composed:
        await in_writing_thread(_settle, composed, now)
    return bool(composed)


def deliver_piece() -> bool:
    """Do the same in this thread."""
    now = timezone.now()
    composed = _compose_due(now)
    _settle(composed, now)
    return bool(composed)


def _compose_due(now: datetime) -> list[Composed]:
    if not can_email_links() or not has_space():
        return []
    due = list(_due(now)[:PIECE])
    addresses = verified_addresses([each.user_id for each in due])
    return [_compose_for(each, addresses.get(each.user_id), now) for each in due]


def _compose_for(preferences: NotificationPreferences, address: str | None, now: datetime) -> Composed:
    local = now.astimezone(find_zone(preferences.user.time_zone) or timezone.get_default_timezone())
    if local.time() < MORNING:
        return Composed(preferences, None, _morning(local, days=0))
    if local.time() >= NOON:
        return Composed(preferences, None, _morning(local, days=1))
    email = _prepare(preferences, address, now)
    return Composed(preferences, email, _morning(local, days=1 if email is None else WEEK.days))


def _morning(local: datetime, *, days: int) -> datetime:
    return datetime.combine(local.date() + timedelta(days), MORNING, local.tzinfo)


def _due(now: datetime) -> QuerySet[NotificationPreferences]:
    """Return the preferences of those who want a summary, haven't been on the site lately, and can be reached."""
    lately = now - INACTIVE_FOR
    user = OuterRef("user")
    connected = Connection.objects.live().filter(user=user).exclude(kind=Connection.Kind.BOT)
    is_here = Exists(connected) | Exists(UserSession.objects.filter(user=user, last_seen_at__gt=lately))
    was_here = Q(user__last_seen_at__gt=lately) | Q(user__last_login__gt=lately) | Q(user__date_joined__gt=lately)
    return (
        NotificationPreferences.objects.filter(gets_digest=True, user__is_active=True)
        .filter(Q(digest_due_at=None) | Q(digest_due_at__lte=now))
        .filter(Exists(EmailAddress.objects.filter(user=user, verified=True)), ~is_here)
        .exclude(was_here)
        .select_related("user")
        .order_by(F("digest_due_at").asc(nulls_first=True), "pk")
    )


def _prepare(preferences: NotificationPreferences, address: str | None, now: datetime) -> QueuedEmail | None:
    """Return the email, or None if nothing happened. One that can't be composed must not hold up all others."""
    user: User = preferences.user
    with speaking_to(user):
        summary = read_summary(user, max(now - WEEK, preferences.digest_sent_at or now - WEEK))
        if not summary or address is None:
            return None
        try:
            return prepare(_compose(preferences, address, summary, now))
        except Exception:
            logger.exception("the summary for user %d could not be composed", user.pk)
            return None


def _compose(
    preferences: NotificationPreferences, address: str, summary: Summary, now: datetime
) -> EmailMultiAlternatives:
    user_id = preferences.user_id
    unsubscribe = unsubscribe_url(user_id, Kind.DIGEST)
    subject = subject_of(_("What you missed on %(site_name)s") % {"site_name": site_name()})
    headers = headers_of(user_id, "digest", now.date().toordinal(), unsubscribe)
    context: dict[str, Any] = {
        "title": subject,
        "inbox_url": site_url(reverse("messaging:inbox")),
        "unsubscribe_url": unsubscribe,
    }
    if preferences.shows_content:
        context |= _content(summary)
    return make_email("digest", subject, address, context, headers)


def _content(summary: Summary) -> dict[str, Any]:
    return {
        "conversations": [(each, site_url(each.room.get_absolute_url())) for each in summary.conversations],
        "new_rooms": [(room, site_url(room.get_absolute_url())) for room in summary.new_rooms],
    }


@transaction.atomic
def _settle(composed: Sequence[Composed], now: datetime) -> None:
    """Queue the emails, except where another process has already done so or the person has turned them off."""
    claimed = []
    for preferences, email, due_at in composed:
        unclaimed = NotificationPreferences.objects.filter(pk=preferences.pk, gets_digest=True)
        fields = {"digest_due_at": due_at}
        if email is not None:
            fields["digest_sent_at"] = now
        if unclaimed.filter(digest_due_at=preferences.digest_due_at).update(**fields) and email is not None:
            claimed.append(email)
    enqueue(claimed)
