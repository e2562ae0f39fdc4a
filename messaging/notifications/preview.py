"""Describes in sentences how messages notify someone with their preferences, as it is decided."""

from dataclasses import replace
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.formats import date_format, time_format

from accounts.mail.addresses import verified_addresses
from accounts.mail.delivery import can_email_links
from accounts.models import Status, User
from messaging.models import Cause, Channel, NotificationPreferences, PushSubscription, Trigger
from messaging.notifications.decision import Decision, Incoming, Recipient, decide
from messaging.notifications.levels import level_for
from messaging.notifications.quiet_hours import are_quiet, next_begin, next_end
from messaging.notifications.sentences import OTHER_MESSAGES, SENTENCES, Moment, Others, Outcome

INTO_QUIET_HOURS = timedelta(hours=1)  # for the example, if they last longer
AND_EMAIL = {Channel.BADGE: Outcome.BADGE_AND_EMAIL, Channel.PUSH: Outcome.PUSH_AND_EMAIL}


def preview(user: User, preferences: NotificationPreferences, now: datetime) -> list[str]:
    """Return sentences about several moments. Times are in the current time zone."""
    local = timezone.localtime(now)
    recipient = _recipient(user, preferences, local)
    usual = replace(recipient, is_dnd=False, quiet_hours=())
    present = replace(usual, is_present=True, is_connected=True)
    sentences = []
    if next_end(preferences.quiet_hours, local) is not None:
        sentences += [_sentence(Moment.PRESENT, present, local), _sentence(Moment.AWAY, usual, local)]
    if at := _quiet_time(preferences, local):
        sentences.append(_sentence(Moment.QUIET, replace(recipient, is_dnd=False), at))
    if recipient.is_dnd:
        sentences.append(_sentence(Moment.DND, recipient, local))
    sentences.append(str(OTHER_MESSAGES[_others(present, local)]))
    return sentences


def _sentence(moment: Moment, recipient: Recipient, at: datetime) -> str:
    direct, mention = _decide(Trigger.DIRECT, recipient, at), _decide(Trigger.MENTION, recipient, at)
    both, direct_only = SENTENCES[moment, _outcome(moment, direct)]
    values = {
        "time": time_format(at, "TIME_FORMAT"),
        "day": date_format(at, "l"),
        "count": recipient.email_delay,
    }
    return str((both if mention == direct._replace(trigger=Trigger.MENTION) else direct_only) % values)


def _others(recipient: Recipient, at: datetime) -> Others:
    other, mention = _decide(Trigger.ROOM, recipient, at), _decide(Trigger.MENTION, recipient, at)
    if mention.cause == Cause.LEVEL:
        return Others.NOT_EVEN_MENTIONS
    if other.channel == Channel.NOTHING:
        return Others.NOT
    return Others.SAME if mention.email_due_at is None else Others.SAME_BUT_EMAIL


def _decide(trigger: Trigger, recipient: Recipient, at: datetime) -> Decision:
    level = level_for("", recipient.level, is_conversation=trigger == Trigger.DIRECT, is_large=False)
    message = Incoming(sender_id=0, seq=1, at=at)
    return decide(message, frozenset({trigger}), replace(recipient, level=level), at)


def _outcome(moment: Moment, decision: Decision) -> Outcome:
    """While someone is using the site, no emails are sent."""
    is_emailed = decision.email_due_at is not None and moment != Moment.PRESENT
    if is_emailed and decision.channel in AND_EMAIL:
        return AND_EMAIL[decision.channel]
    return Outcome[decision.channel.name]


def _recipient(user: User, preferences: NotificationPreferences, local: datetime) -> Recipient:
    """Return the user with `level` as they prefer it, and nothing open."""
    return Recipient(
        user.pk,
        level=preferences.level,
        is_dnd=user.status == Status.DND,
        quiet_hours=preferences.quiet_hours,
        zone=local.tzinfo or timezone.get_current_timezone(),
        desktop=preferences.desktop,
        sound=preferences.sound,
        has_push=preferences.push and PushSubscription.objects.filter(user=user).exists(),
        has_email=can_email_links() and bool(verified_addresses([user.pk])),
        email_delay=preferences.email_delay,
    )


def _quiet_time(preferences: NotificationPreferences, local: datetime) -> datetime | None:
    """Return a time in the next quiet hours, or None if there are none."""
    begin = next_begin(preferences.quiet_hours, local)
    if begin is None:
        return None
    later = begin + INTO_QUIET_HOURS
    return later if are_quiet(preferences.quiet_hours, later) else begin
