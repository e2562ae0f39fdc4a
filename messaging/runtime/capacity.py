"""The limits on people online and on connections."""

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from accounts.presence.tracker import PresenceTracker
from live.hub import Hub
from live.topics import everyone

MAX_CLOSE_REASON = 123  # bytes that a close frame carries


def capacity_error(hub: Hub, presence: PresenceTracker, user: User) -> str:
    """Return why no more sockets are accepted, in the user's language, or "". `CHAT_MAX_USERS` exempts staff."""
    limit, reason = settings.CHAT_MAX_USERS, ""
    with translation.override(user.preferred_language):
        if hub.count(everyone) >= settings.CHAT_MAX_CONNECTIONS:
            reason = _("The server has reached its connection limit.")
        elif limit and not user.is_staff and len(presence.online_user_ids() - {user.pk}) >= limit:
            text = ngettext(
                "The site is full (%(count)s person online).", "The site is full (%(count)s people online).", limit
            )
            reason = text % {"count": limit}
    return reason.encode()[:MAX_CLOSE_REASON].decode(errors="ignore")
