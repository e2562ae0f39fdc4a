"""Checks whether emails about messages are still wanted when they are sent, perhaps hours after they were composed."""

from datetime import datetime
from typing import Any

from django.utils import timezone

from accounts.models import QueuedEmail
from messaging.models import Notification
from messaging.notifications.emails.due import Conversation, Facts, group, load_facts, unread_in

PURPOSE = "unread"
MAX_CHECKED = 10  # the last messages of a conversation; an email shows no more


def describe(conversation: Conversation, facts: Facts, now: datetime) -> dict[str, Any]:
    """Return what `is_still_wanted` needs to know about an email. `now`: when its notifications are marked."""
    user_id, room_id = conversation.key
    shows_content = facts.preferences_of(user_id).shows_content
    return {
        "user": user_id,
        "room": room_id if shows_content else None,  # it stands for all rooms
        "at": now.isoformat(),
        "notifications": [each.pk for each in conversation.unread[-MAX_CHECKED:]],
    }


def is_still_wanted(email: QueuedEmail) -> bool:
    """Return whether the person should still be told of all that the email shows.

    If not, its notifications are due again. What is left is sent in another email.
    """
    about = email.about
    told = Notification.objects.filter(user=about["user"], emailed_at=datetime.fromisoformat(about["at"]))
    if about["room"] is not None:
        told = told.filter(room=about["room"])
    if _is_unchanged(email, group(told.filter(pk__in=about["notifications"]))):
        return True
    told.update(emailed_at=None, email_due_at=timezone.now())
    return False


def _is_unchanged(email: QueuedEmail, conversations: list[Conversation]) -> bool:
    if not conversations:
        return False
    now, about = timezone.now(), email.about
    facts = load_facts([each.key for each in conversations], now)
    unread = {row.pk for each in conversations for row in unread_in(each, facts, now)}
    shows_content = about["room"] is not None
    return (
        unread == set(about["notifications"])
        and [facts.addresses.get(about["user"])] == email.recipients
        and facts.preferences_of(about["user"]).shows_content == shows_content
    )
