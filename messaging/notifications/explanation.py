"""Explains to someone why they were notified of a message, or why they weren't."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from messaging.models import Cause, Channel, Message, Notification, NotifiedRoom, Trigger
from messaging.notifications.audience import Audience, People
from messaging.notifications.backlog import read_message
from messaging.notifications.decision import Decision, Incoming, decide
from messaging.notifications.recipients import read_recipients

KEPT = timedelta(days=7)

CHANNELS = {
    Channel.NOTHING: _("You weren’t notified of this message."),
    Channel.BADGE: _("This message was only counted as unread."),
    Channel.SOUND: _("You were notified with a sound."),
    Channel.DESKTOP: _("You were notified on your open pages."),
    Channel.PUSH: _("You were notified on your devices."),
    Channel.EMAIL: _("You were to be notified by email, unless you read it first."),
}
TRIGGERS = {
    Trigger.DIRECT: _("It’s a direct message, or in a group conversation."),
    Trigger.MENTION: _("It mentions you."),
    Trigger.GROUP: _("It mentions a group that you’re in."),
    Trigger.EVERYONE: _("It mentions everyone in the room."),
    Trigger.REPLY: _("It replies to one of your messages."),
    Trigger.THREAD: _("It’s in a thread that you follow."),
    Trigger.KEYWORD: _("It contains one of your keywords."),
    Trigger.ROOM: _("You’re notified of every message in this room."),
}
CAUSES = {
    Cause.OWN: _("You wrote it yourself."),
    Cause.BLOCKED: _("You’ve blocked the person who wrote it."),
    Cause.MUTED_PERSON: _("You’ve muted the person who wrote it."),
    Cause.MUTED_ROOM: _("You’ve muted this room."),
    Cause.LEVEL: _("You aren’t notified of such messages in this room."),
    Cause.NOT_CONCERNED: _(
        "In this room, you’re only notified of mentions, replies, threads that you follow and keywords."
    ),
    Cause.READ: _("You had already read it."),
    Cause.CLEARED: _("You’ve cleared the history of this room."),
    Cause.OLD: _("It was more than a day old when the server looked through it, for example after it was offline."),
    Cause.INACTIVE_ACCOUNT: _("Your account was suspended."),
    Cause.NOT_MEMBER: _("You aren’t in this room."),
    Cause.QUIET_HOURS: _("It came during your quiet hours."),
    Cause.DND: _("Your status was “Do not disturb”."),
    Cause.ACTIVE: _("You were using the site."),
    Cause.AWAY: _("You weren’t using the site."),
}
# As pages report it.
SHOWN = {
    "other_tab": _("One of your other tabs took care of it."),
    "denied": _("Your browser doesn’t allow this site to show notifications."),
    "sound": _("A page played the sound."),
    "desktop": _("Your browser showed it."),
    "in_view": _("One of your pages was showing the message."),
}


@dataclass(frozen=True, slots=True)
class Explanation:
    """Sentences for the user, and the URL and name of the setting that would change it, if any."""

    headline: str
    reasons: list[str]
    url: str = ""
    link: str = ""


def explain(user: User, message: Message) -> Explanation:
    """Explain what became of a message that this user may read."""
    if message.sender_id == user.pk:
        return Explanation(gettext("You aren’t notified of your own messages."), [])
    stored = Notification.objects.filter(user=user, message=message).first()
    if stored is not None:
        return _explain_stored(stored)
    if message.created_at < timezone.now() - KEPT:
        return Explanation(gettext("What happened is only kept for 7 days."), [])
    if not NotifiedRoom.objects.filter(room=message.room_id, seq__gte=message.seq).exists():
        return Explanation(gettext("The server hasn’t looked through this message yet."), [])
    return _explain_absence(user, message)


def outdated_notifications() -> "QuerySet[Notification]":
    return Notification.objects.filter(created_at__lt=timezone.now() - KEPT)


def decide_again(user: User, message: Message) -> Decision | None:
    """Decide as if it were new and unread, with the user's present settings. Return None if they aren't in the room."""
    key = (user.pk, message.room_id)
    recipient = read_recipients([key]).get(key)
    if recipient is None:
        return None
    triggers = Audience([read_message(message.pk)], People(user.pk, user.pk)).concerns().get((message.pk, user.pk), ())
    unread = replace(recipient, last_read_seq=0)
    incoming = Incoming(message.sender_id, message.seq, message.created_at)
    return decide(incoming, frozenset(triggers), unread, message.created_at)


def _explain_stored(stored: Notification) -> Explanation:
    trigger, cause = Trigger(stored.trigger), Cause(stored.cause)
    reasons = [str(TRIGGERS[trigger]), str(CAUSES[cause])]
    if stored.shown:
        reasons.append(str(SHOWN[stored.shown]))
    reasons += _email_reasons(stored)
    url, link = _setting(stored.room_id, cause, trigger)
    return Explanation(str(CHANNELS[Channel(stored.channel)]), reasons, url, link)


def _email_reasons(stored: Notification) -> Iterator[str]:
    if stored.emailed_at is not None:
        yield gettext("It was sent to you by email on %(time)s.") % {"time": _format(stored.emailed_at)}
    elif stored.email_due_at is not None:
        text = gettext("It will be sent to you by email on %(time)s, unless you read it before.")
        yield text % {"time": _format(stored.email_due_at)}


def _explain_absence(user: User, message: Message) -> Explanation:
    headline = str(CHANNELS[Channel.NOTHING])
    again = decide_again(user, message)
    if again is None:
        return Explanation(headline, [str(CAUSES[Cause.NOT_MEMBER])])
    decision = again
    if decision.channel != Channel.NOTHING:
        reason = gettext("With your present settings, you would be. They, or the message, have changed since.")
        return Explanation(headline, [reason], *_setting(message.room_id, decision.cause, decision.trigger))
    reasons = [str(TRIGGERS[decision.trigger])] if decision.trigger is not None else []
    is_off = decision.cause == Cause.LEVEL and decision.trigger is None
    nothing = gettext("You aren’t notified of anything in this room.")
    reasons.append(nothing if is_off else str(CAUSES[decision.cause]))
    return Explanation(headline, reasons, *_setting(message.room_id, decision.cause, decision.trigger))


def _setting(room_id: int, cause: Cause, trigger: Trigger | None) -> tuple[str, str]:
    """Return the URL and the name of the setting that decided."""
    notifications = reverse("messaging:notifications")
    if cause == Cause.QUIET_HOURS:
        return f"{notifications}#quiet-hours", gettext("Quiet hours")
    if cause == Cause.DND:
        return f"{reverse('accounts:profile')}#status", gettext("Status")
    if cause in (Cause.MUTED_PERSON, Cause.MUTED_ROOM):
        fragment = "mute" if cause == Cause.MUTED_PERSON else "muted-rooms"
        name = gettext("Muted people") if cause == Cause.MUTED_PERSON else gettext("Muted rooms")
        return f"{reverse('rooms:privacy')}#{fragment}", name
    if cause in (Cause.LEVEL, Cause.NOT_CONCERNED) and trigger not in (Trigger.EVERYONE, Trigger.THREAD):
        return reverse("messaging:room_notifications", args=[room_id]), gettext("Notifications of this room")
    return _setting_of_trigger(room_id, trigger)


def _setting_of_trigger(room_id: int, trigger: Trigger | None) -> tuple[str, str]:
    notifications = reverse("messaging:notifications")
    if trigger in (Trigger.ROOM, Trigger.MENTION, Trigger.GROUP, Trigger.REPLY):
        return reverse("messaging:room_notifications", args=[room_id]), gettext("Notifications of this room")
    fields = {Trigger.EVERYONE: "hears_everyone", Trigger.THREAD: "hears_threads", Trigger.KEYWORD: "keywords"}
    fragment = f"#div_id_{fields[trigger]}" if trigger in fields else ""
    return f"{notifications}{fragment}", gettext("Notification settings")


def _format(at: datetime) -> str:
    return date_format(timezone.localtime(at), "DATETIME_FORMAT")
