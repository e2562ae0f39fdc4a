"""Shows what someone's preferences would do with a few messages, as they are decided."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import NamedTuple

from allauth.account.models import EmailAddress
from django.utils import timezone
from django.utils.formats import date_format, time_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.mail.delivery import can_send_email
from accounts.models import Status, User
from messaging.models import Cause, Channel, NotificationPreferences, PushSubscription, Trigger
from messaging.notifications.decision import Decision, Incoming, Recipient, decide
from messaging.notifications.levels import level_for
from messaging.notifications.quiet_hours import DAYS

MESSAGES = {
    Trigger.MENTION: _("A mention"),
    Trigger.DIRECT: _("A direct message"),
    Trigger.ROOM: _("Any other message in a room"),
}
OUTCOMES = {
    Channel.NOTHING: _("No notification"),
    Channel.BADGE: _("Only counts as unread"),
    Channel.SOUND: _("Sound"),
    Channel.DESKTOP: _("Desktop notification"),
    Channel.PUSH: _("Notification on your devices"),
    Channel.EMAIL: _("Email, unless you read it first"),
}
REASONS = {
    Cause.QUIET_HOURS: _("Only counts as unread, because of your quiet hours"),
    Cause.DND: _("Only counts as unread, because of your status"),
}


class Situation(NamedTuple):
    """When messages come, and what happens with each: pairs of a message and an outcome."""

    title: str
    outcomes: list[tuple[str, str]]


def preview(user: User, preferences: NotificationPreferences, now: datetime) -> list[Situation]:
    """Return the outcomes in several situations. Times are in the current time zone."""
    local = timezone.localtime(now)
    away = _recipient(user, preferences, local)
    present = replace(away, is_present=True, is_connected=True)
    situations = [(gettext("Now, while you’re using this site"), present, local)]
    situations.append((gettext("Now, while this site isn’t open"), away, local))
    if at := _next_quiet(preferences, local):
        day, time = date_format(at, "l"), time_format(at, "TIME_FORMAT")
        situations.append((gettext("On %(day)s at %(time)s") % {"day": day, "time": time}, away, at))
    return [Situation(title, list(_outcomes(preferences, recipient, at))) for title, recipient, at in situations]


def _outcomes(preferences: NotificationPreferences, recipient: Recipient, at: datetime) -> Iterator[tuple[str, str]]:
    for trigger, label in MESSAGES.items():
        level = level_for("", preferences.level, is_conversation=trigger == Trigger.DIRECT, is_large=False)
        message = Incoming(sender_id=0, seq=1, at=at)
        decision = decide(message, frozenset({trigger}), replace(recipient, level=level), at)
        yield str(label), _outcome(decision)


def _outcome(decision: Decision) -> str:
    if decision.channel == Channel.BADGE and decision.cause in REASONS:
        return str(REASONS[decision.cause])
    return str(OUTCOMES[decision.channel])


def _recipient(user: User, preferences: NotificationPreferences, local: datetime) -> Recipient:
    zone = local.tzinfo or timezone.get_current_timezone()
    return Recipient(
        user.pk,
        hears_everyone=preferences.hears_everyone,
        hears_threads=preferences.hears_threads,
        is_dnd=user.status == Status.DND,
        quiet_hours=preferences.quiet_hours,
        zone=zone,
        desktop=preferences.desktop,
        sound=preferences.sound,
        has_push=preferences.push and PushSubscription.objects.filter(user=user).exists(),
        has_email=can_send_email() and EmailAddress.objects.filter(user=user, verified=True).exists(),
        email_delay=preferences.email_delay,
    )


def _next_quiet(preferences: NotificationPreferences, local: datetime) -> datetime | None:
    """Return when the next quiet hours begin."""
    if len(preferences.quiet_hours) != DAYS:
        return None
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    for days in range(DAYS + 1):
        hours = preferences.quiet_hours[(local.weekday() + days) % DAYS]
        if hours and (at := midnight + timedelta(days=days, minutes=hours[0])) > local:
            return at
    return None
