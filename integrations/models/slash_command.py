"""Slash commands that programs answer, and each time that someone runs one."""

import uuid
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.audit import Kind
from integrations.models.server_integration import MAX_REASON, AuditKinds, ServerIntegration
from rooms.models import Room

NAME_LENGTH = 32
DESCRIPTION_LENGTH = 120
HINT_LENGTH = 60
MAX_RESPONSES = 5  # to the URL of a run


class SlashCommand(ServerIntegration):
    """A command that is sent to another server, whose answer is shown to the person who ran it, or posted by a bot.

    room: where it can be run, or None for everywhere. `bot`: a member of the room, if there is one.
    failed_at: when it failed, if it did the last time.
    """

    NOT_FOUND = _("Command not found.")
    AUDIT_KINDS = AuditKinds(Kind.COMMAND_CREATED, Kind.COMMAND_CHANGED, Kind.COMMAND_DELETED)
    LISTED_BY = "name"

    class Dialect(models.TextChoices):
        OWN = "chatsite", _("Chatsite (JSON)")
        SLACK = "slack", _("Slack (form)")
        MATTERMOST = "mattermost", _("Mattermost (form)")

    room = models.ForeignKey(
        Room, models.CASCADE, null=True, related_name="slash_commands", verbose_name=_("room"), db_index=False
    )
    name = models.CharField(_("name"), max_length=NAME_LENGTH)
    description = models.CharField(_("description"), max_length=DESCRIPTION_LENGTH, blank=True)
    argument_hint = models.CharField(_("arguments"), max_length=HINT_LENGTH, blank=True)
    dialect = models.CharField(_("format"), max_length=10, choices=Dialect.choices, default=Dialect.OWN)
    failed_at = models.DateTimeField(_("failed"), null=True, editable=False)

    class Meta:
        verbose_name = _("slash command")
        verbose_name_plural = _("slash commands")
        constraints = [
            models.UniqueConstraint(fields=["room", "name"], name="slash_command_of_room"),  # also for a room's list
            models.UniqueConstraint(fields=["name"], name="slash_command_of_site", condition=Q(room=None)),
        ]

    def __str__(self) -> str:
        if self.room is None:
            return f"/{self.name}"
        return gettext("/%(name)s in %(room)s") % {"name": self.name, "room": self.room}

    @property
    def has_token(self) -> bool:
        return self.dialect != self.Dialect.OWN

    @property
    def audit_detail(self) -> dict[str, Any]:
        return {"command": self.name}

    def switch(self, *, is_enabled: bool) -> None:
        super().switch(is_enabled=is_enabled)
        self.failed_at = None


class SlashCommandRunQuerySet(models.QuerySet["SlashCommandRun"]):
    def outdated(self) -> "SlashCommandRunQuerySet":
        return self.filter(created_at__lt=timezone.now() - timedelta(days=30))


class SlashCommandRun(models.Model):
    """A person's running of a command, without its text and answer. Kept for 30 days.

    thread: the id of the first message of the thread in which it was run, or None.
    fingerprint: a digest of what was sent, to tell a repetition from another command with the same `client_id`.
    state: also RUNNING if the server was stopped before there was an answer. `reason`: why it failed.
    digest: the SHA-256 of the secret in the URL for later answers. `responses`: how many have been sent to it.
    """

    class State(models.TextChoices):
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    command = models.ForeignKey(SlashCommand, models.CASCADE, related_name="runs")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False)
    room = models.ForeignKey(Room, models.CASCADE, related_name="+")
    thread_id = models.PositiveBigIntegerField(null=True)
    client_id = models.UUIDField()
    fingerprint = models.CharField(max_length=64)
    created_at = models.DateTimeField(default=timezone.now, db_index=True)
    state = models.CharField(max_length=7, choices=State.choices, default=State.RUNNING)
    reason = models.CharField(max_length=MAX_REASON, blank=True)
    digest = models.CharField(max_length=64, unique=True)
    responses = models.PositiveSmallIntegerField(default=0)

    objects = SlashCommandRunQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "client_id"], name="slash_command_run_once")]
        # When a person last ran a command in a room, for slow mode.
        indexes = [models.Index(fields=["user", "room", "-created_at"], name="slash_command_run_latest")]

    def __str__(self) -> str:
        return f"run {self.pk} of command {self.command_id}"


class SlashCommandKey(models.Model):
    """A `client_id` with which a person has run a command, so that it is never run again.

    Kept for as long as the account, as those of messages are: also when the run or the command no longer is.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False)
    client_id = models.UUIDField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "client_id"], name="slash_command_key_once")]

    def __str__(self) -> str:
        return f"client_id {self.client_id} of user {self.user_id}"
