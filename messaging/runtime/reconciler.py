"""Reconciliation, which compares what this process has delivered with the database every few seconds.

It recovers lost events, such as those published while Redis was unavailable, and changes written by management
commands. Lost revocations also take effect here.
"""

import asyncio
from functools import partial

from django.conf import settings

from accounts.auth.credentials import Authenticated
from accounts.auth.session_watch import SessionWatch
from accounts.models import reload_site
from live.db_threads import in_thread
from live.hub import Hub
from live.periodic import repeat
from live.socket import Socket
from messaging.runtime.people_check import PeopleCheck
from messaging.runtime.preview_check import check_previews
from messaging.runtime.reminder_check import ReminderCheck
from messaging.runtime.room_check import RoomCheck


class Reconciler:
    """Repeats each check in its own task, so that one that fails or takes long doesn't hold up the others."""

    def __init__(self, hub: Hub) -> None:
        self._rooms, self._people = RoomCheck(hub), PeopleCheck(hub)
        reminders = ReminderCheck(hub)
        self.sessions = SessionWatch()
        self.note_revision = self._rooms.note_revision
        self.recheck_rooms = self._people.recheck
        hub.on_gap = self._rooms.schedule_fill
        hub.on_subscriptions_changed = self._people.recheck
        self._tasks = [
            asyncio.create_task(repeat(check, name=name, every=settings.CHAT_POLL_SECONDS))
            for name, check in (
                ("the comparison of rooms", self._rooms.check),
                ("the comparison of memberships", self._people.check),
                ("the check of previews", partial(check_previews, hub)),
                ("the check of reminders", reminders.check),
                ("the check of disconnected sockets", self.sessions.close_dismissed),
                ("the check of sockets’ sessions", self.sessions.check_sockets),
                ("the check of requests’ sessions", self.sessions.check_requests),
                ("the record of sessions in use", self.sessions.note_use),
                ("the site’s settings", partial(in_thread, reload_site)),
            )
        ]

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._rooms.stop()

    def track(self, socket: Socket, authenticated: Authenticated, address: str = "") -> None:
        """Close the socket when its session or token ends."""
        self.sessions.track(socket, authenticated, address)

    def untrack(self, socket: Socket) -> None:
        self.sessions.untrack(socket)
