"""Repeats reminders that another process delivered, whose events may be lost. Pages show each of them once."""

from datetime import datetime, timedelta

from django.utils import timezone

from live.db_threads import in_thread
from live.envelope import Event
from live.hub import Hub
from live.topics import user_topic
from messaging.history.events import dismissed_event, due_event
from messaging.saved.reminders import delivered_since

LATE = timedelta(seconds=5)  # how long a transaction that delivers reminders may take


class ReminderCheck:
    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._since: datetime = timezone.now()

    async def check(self) -> None:
        """Repeat the reminders, then dismiss those again that were dismissed or hidden during the check."""
        now, since = timezone.now(), self._since - LATE
        repeated = await in_thread(delivered_since, since)
        for reminder in repeated:
            self._hub.deliver(Event.of(user_topic(reminder.user_id), due_event(reminder)))
        left = {reminder.pk for reminder in await in_thread(delivered_since, since)} if repeated else set()
        for reminder in repeated:
            if reminder.pk not in left:
                self._hub.deliver(Event.of(user_topic(reminder.user_id), dismissed_event(reminder.message_id)))
        self._since = now
