"""Sentences that describe how messages notify someone."""

from collections.abc import Mapping
from enum import Enum, auto
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy


class Moment(Enum):
    """When a message comes."""

    PRESENT = auto()
    AWAY = auto()
    QUIET = auto()
    DND = auto()


class Outcome(Enum):
    """How a message notifies."""

    BADGE = auto()
    BADGE_AND_EMAIL = auto()
    SOUND = auto()
    DESKTOP = auto()
    PUSH = auto()
    PUSH_AND_EMAIL = auto()
    EMAIL = auto()


class Others(Enum):
    """How messages in rooms that don't mention the user notify them, compared with those that do."""

    NOT = auto()
    SAME = auto()
    SAME_BUT_EMAIL = auto()
    NOT_EVEN_MENTIONS = auto()


# For mentions and direct messages, and for direct messages only. `count`: the minutes after which an email is sent.
SENTENCES: Mapping[tuple[Moment, Outcome], tuple[Any, Any]] = {
    (Moment.PRESENT, Outcome.BADGE): (
        _("While you’re using this site, a mention or direct message only shows a badge."),
        _("While you’re using this site, a direct message only shows a badge."),
    ),
    (Moment.PRESENT, Outcome.SOUND): (
        _("While you’re using this site, a mention or direct message plays a sound."),
        _("While you’re using this site, a direct message plays a sound."),
    ),
    (Moment.PRESENT, Outcome.DESKTOP): (
        _("While you’re using this site, a mention or direct message shows a desktop notification."),
        _("While you’re using this site, a direct message shows a desktop notification."),
    ),
    (Moment.AWAY, Outcome.BADGE): (
        _("While this site isn’t open, a mention or direct message only shows a badge."),
        _("While this site isn’t open, a direct message only shows a badge."),
    ),
    (Moment.AWAY, Outcome.PUSH): (
        _("While this site isn’t open, a mention or direct message notifies you on your devices."),
        _("While this site isn’t open, a direct message notifies you on your devices."),
    ),
    (Moment.AWAY, Outcome.PUSH_AND_EMAIL): (
        ngettext_lazy(
            "While this site isn’t open, a mention or direct message notifies you on your devices, and by email if "
            "it’s still unread after %(count)d minute.",
            "While this site isn’t open, a mention or direct message notifies you on your devices, and by email if "
            "it’s still unread after %(count)d minutes.",
            "count",
        ),
        ngettext_lazy(
            "While this site isn’t open, a direct message notifies you on your devices, and by email if it’s still "
            "unread after %(count)d minute.",
            "While this site isn’t open, a direct message notifies you on your devices, and by email if it’s still "
            "unread after %(count)d minutes.",
            "count",
        ),
    ),
    (Moment.AWAY, Outcome.EMAIL): (
        ngettext_lazy(
            "While this site isn’t open, a mention or direct message is emailed to you if it’s still unread after "
            "%(count)d minute.",
            "While this site isn’t open, a mention or direct message is emailed to you if it’s still unread after "
            "%(count)d minutes.",
            "count",
        ),
        ngettext_lazy(
            "While this site isn’t open, a direct message is emailed to you if it’s still unread after %(count)d "
            "minute.",
            "While this site isn’t open, a direct message is emailed to you if it’s still unread after %(count)d "
            "minutes.",
            "count",
        ),
    ),
    (Moment.QUIET, Outcome.BADGE): (
        _("At %(time)s on a %(day)s, a mention or direct message would only show a badge."),
        _("At %(time)s on a %(day)s, a direct message would only show a badge."),
    ),
    (Moment.QUIET, Outcome.BADGE_AND_EMAIL): (
        ngettext_lazy(
            "At %(time)s on a %(day)s, a mention or direct message would only show a badge, and be emailed to you if "
            "it’s still unread after %(count)d minute.",
            "At %(time)s on a %(day)s, a mention or direct message would only show a badge, and be emailed to you if "
            "it’s still unread after %(count)d minutes.",
            "count",
        ),
        ngettext_lazy(
            "At %(time)s on a %(day)s, a direct message would only show a badge, and be emailed to you if it’s still "
            "unread after %(count)d minute.",
            "At %(time)s on a %(day)s, a direct message would only show a badge, and be emailed to you if it’s still "
            "unread after %(count)d minutes.",
            "count",
        ),
    ),
    (Moment.DND, Outcome.BADGE): (
        _("While your status is “Do not disturb”, a mention or direct message only shows a badge."),
        _("While your status is “Do not disturb”, a direct message only shows a badge."),
    ),
    (Moment.DND, Outcome.BADGE_AND_EMAIL): (
        ngettext_lazy(
            "While your status is “Do not disturb”, a mention or direct message only shows a badge, and is emailed to "
            "you if it’s still unread after %(count)d minute.",
            "While your status is “Do not disturb”, a mention or direct message only shows a badge, and is emailed to "
            "you if it’s still unread after %(count)d minutes.",
            "count",
        ),
        ngettext_lazy(
            "While your status is “Do not disturb”, a direct message only shows a badge, and is emailed to you if it’s "
            "still unread after %(count)d minute.",
            "While your status is “Do not disturb”, a direct message only shows a badge, and is emailed to you if it’s "
            "still unread after %(count)d minutes.",
            "count",
        ),
    ),
}
OTHER_MESSAGES: Mapping[Others, Any] = {
    Others.NOT: _("Other messages in rooms don’t notify you."),
    Others.SAME: _("Other messages in rooms notify you in the same way."),
    Others.SAME_BUT_EMAIL: _("Other messages in rooms notify you in the same way, but never by email."),
    Others.NOT_EVEN_MENTIONS: _("Messages in rooms don’t notify you. Mentions of you only show a badge."),
}
