"""Models for server processes and their WebSocket connections."""

import uuid
from datetime import timedelta
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

HEARTBEAT = timedelta(seconds=5)
DEAD_AFTER = timedelta(seconds=30)


class ServerProcessQuerySet(models.QuerySet["ServerProcess"]):
    def alive(self) -> Self:
        """Return processes with a recent heartbeat, by the database's clock, because the clocks of hosts differ."""
        return self.filter(heartbeat_at__gt=Now() - DEAD_AFTER)


class ServerProcess(models.Model):
    """A running server process. Its connections count only while its heartbeat is recent."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    host = models.CharField(_("host"), max_length=255)
    pid = models.PositiveIntegerField(_("process ID"))
    started_at = models.DateTimeField(_("started"), default=timezone.now)
    heartbeat_at = models.DateTimeField(_("last heartbeat"), default=timezone.now)

    objects = ServerProcessQuerySet.as_manager()

    class Meta:
        verbose_name = _("server process")
        verbose_name_plural = _("server processes")

    def __str__(self) -> str:
        return f"{self.host}:{self.pid}"


class ConnectionQuerySet(models.QuerySet["Connection"]):
    def live(self) -> Self:
        """Exclude the connections of dead processes."""
        return self.filter(process__heartbeat_at__gt=Now() - DEAD_AFTER)

    def dismissed(self) -> set[uuid.UUID]:
        """Return the ids of connections that an admin disconnected but whose process hasn’t closed them yet."""
        return set(self.filter(is_dismissed=True).values_list("pk", flat=True))


class Connection(models.Model):
    """An open WebSocket, shown as a row in the active-user report. `idle_since` is set while its page isn’t in use."""

    class Kind(models.TextChoices):
        PAGE = "page", _("Page")
        TERMINAL = "terminal", _("Terminal")
        BOT = "bot", _("Bot")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    process = models.ForeignKey(ServerProcess, models.CASCADE, related_name="connections")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="connections")
    address = models.CharField(max_length=64, blank=True)
    port = models.PositiveIntegerField(null=True)
    user_agent = models.CharField(max_length=300, blank=True)
    kind = models.CharField(max_length=8, choices=Kind.choices, default=Kind.PAGE)
    # The room in view. An id, because accounts doesn’t know rooms, and deleting a room must not delete connections.
    room_id = models.PositiveBigIntegerField(null=True)
    messages = models.PositiveIntegerField(default=0)
    is_dismissed = models.BooleanField(default=False)
    opened_at = models.DateTimeField(default=timezone.now)
    last_active_at = models.DateTimeField(default=timezone.now)
    idle_since = models.DateTimeField(null=True)

    objects = ConnectionQuerySet.as_manager()

    class Meta:
        verbose_name = _("connection")
        verbose_name_plural = _("connections")
        # Every process queries these every few seconds, and there are nearly always none.
        indexes = [models.Index(fields=["id"], condition=Q(is_dismissed=True), name="connection_dismissed")]

    def __str__(self) -> str:
        return gettext("%(person)s from %(address)s") % {"person": self.user, "address": self.address}
