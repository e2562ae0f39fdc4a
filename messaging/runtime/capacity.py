"""The limits on people online and on connections."""

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from accounts.models import User
from accounts.presence.tracker import PresenceTracker
from live.hub import Hub
from live.topics import everyone, user_topic

MAX_CLOSE_REASON = 123  # bytes that a close frame carries
RESERVED_FOR_STAFF = 20  # connections beyond CHAT_MAX_CONNECTIONS


def capacity_error(hub: Hub, presence: PresenceTracker, user: User) -> str:
    """Return the reason for refusing another socket of the user, in their language, or "" to accept it.

    Staff may connect beyond CHAT_MAX_CONNECTIONS and CHAT_MAX_USERS, but not beyond CHAT_MAX_CONNECTIONS_PER_PERSON.
    Bots may connect beyond CHAT_MAX_USERS, and don't count for it.
    """
    has_place = user.is_staff or user.is_bot
    each, limit = settings.CHAT_MAX_CONNECTIONS_PER_PERSON, settings.CHAT_MAX_USERS
    most = settings.CHAT_MAX_CONNECTIONS + (RESERVED_FOR_STAFF if user.is_staff else 0)
    reason: object  # a lazy string
    if each and hub.count(user_topic(user.pk)) >= each:
        reason = ngettext_lazy(
            "You have %(count)s tab or device connected, which is the limit. Close it first.",
            "You have %(count)s tabs and devices connected, which is the limit. Close one of them.",
            each,
        ) % {"count": each}
    elif hub.count(everyone) >= most:
        reason = _("The server has reached its connection limit.")
    elif limit and not has_place and len(presence.people_online() - {user.pk}) >= limit:
        reason = ngettext_lazy(
            "The site is full (%(count)s person online).", "The site is full (%(count)s people online).", limit
        ) % {"count": limit}
    else:
        return ""
    with translation.override(user.preferred_language):
        return str(reason).encode()[:MAX_CLOSE_REASON].decode(errors="ignore")
