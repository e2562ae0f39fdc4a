"""People, the invitations that bring them, and the connections they hold."""

import secrets
import uuid
from datetime import timedelta
from typing import Any, ClassVar, Self

from django.conf import settings
from django.contrib.auth.models import AbstractUser, UserManager
from django.db import models
from django.db.models import F, Min, Q
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property

from accounts import usernames
from accounts.models.audit import ActivitySample, AuditEvent
from accounts.models.relations import Block, Blocklist, Mute, blocklists_for

__all__ = ["ActivitySample", "AuditEvent", "Block", "Connection", "Invitation", "Mute", "ServerProcess", "User"]

HEARTBEAT = timedelta(seconds=5)
DEAD_AFTER = timedelta(seconds=30)
# So that nobody soon comes under the name of somebody whom others still expect.
NAME_KEPT_FOR = timedelta(days=30)
# In events and pages; the other columns cost as much again.
PUBLIC_COLUMNS = ("id", "username", "display_name", "avatar")


def avatar_path(user: "User", filename: str) -> str:
    return f"avatars/{uuid.uuid4().hex}.webp"


class Status(models.TextChoices):
    """What a person chose to be seen as. Whether they are here at all is another question."""

    AUTO = "auto", "Active (away when idle)"
    DND = "dnd", "Do not disturb"
    INVISIBLE = "invisible", "Invisible (appear offline)"


class People(UserManager["User"]):
    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(username_key=usernames.key(username or ""))

    def online(self) -> models.QuerySet["User"]:
        """Those who have the chat open now, with `since` when: the first of the connections that they hold."""
        return self.filter(is_active=True, connections__process__heartbeat_at__gt=timezone.now() - DEAD_AFTER).annotate(
            since=Min("connections__opened_at")
        )

    def with_name(self, username: str) -> "models.QuerySet[User]":
        """Whose name this is; for a while also of who deleted their account."""
        return self.filter(username_key=usernames.key(username)).exclude(deleted_at__lt=timezone.now() - NAME_KEPT_FOR)

    def free_name(self, username: str) -> None:
        """Let go of it where the account was deleted long enough ago."""
        gone = self.filter(username_key=usernames.key(username), deleted_at__lt=timezone.now() - NAME_KEPT_FOR)
        gone.update(username_key=F("username"))


class User(AbstractUser):
    """A person. `rooms_version` rises with every change to the rooms and people that they see, so that a
    process that heard nothing can see by one query that it missed something; `changed_at` is when what
    others see of them last changed, for the same reason."""

    first_name = None  # type: ignore[assignment]
    last_name = None  # type: ignore[assignment]
    username = models.CharField("name", max_length=usernames.MAX_LENGTH, validators=[usernames.validate_username])
    username_key = models.CharField(max_length=usernames.MAX_LENGTH * 3, unique=True, editable=False)
    email = models.EmailField("e-mail", blank=True, db_index=True)  # signing in by e-mail
    display_name = models.CharField(max_length=60, blank=True, validators=[usernames.validate_display_name])
    avatar = models.ImageField(upload_to=avatar_path, blank=True)
    theme = models.CharField(
        max_length=5, blank=True, choices=[("", "Match system"), ("light", "Light"), ("dark", "Dark")]
    )
    language = models.CharField(max_length=16, blank=True)  # a code of settings.LANGUAGES, or "" for the browser's
    allows_direct_messages = models.BooleanField(default=True, db_column="takes_direct")
    rooms_version = models.PositiveBigIntegerField(default=0, editable=False)
    last_seen_at = models.DateTimeField(null=True, blank=True, editable=False)
    changed_at = models.DateTimeField(null=True, db_index=True, editable=False)  # every look at who is here
    status = models.CharField(max_length=9, choices=Status.choices, default=Status.AUTO)
    status_text = models.CharField(max_length=80, blank=True)
    status_until = models.DateTimeField(null=True, blank=True)
    hides_last_seen = models.BooleanField(default=False)
    deleted_at = models.DateTimeField(null=True, editable=False)
    # When a suspension ends by itself; null for one that does not, and for who is not suspended.
    suspended_until = models.DateTimeField(null=True, blank=True, editable=False)
    notices = models.TextField(blank=True, editable=False)  # a line for each

    objects: ClassVar[People] = People()

    class Meta(AbstractUser.Meta):  # type: ignore[name-defined]
        constraints = [
            models.UniqueConstraint(
                Lower("email"),
                condition=~Q(email=""),
                name="user_email_once",
                violation_error_message="This email is already in use.",
            )
        ]
        indexes = [
            # The few whose suspension ends, for the look every few seconds.
            models.Index(fields=["suspended_until"], name="user_suspended", condition=Q(suspended_until__isnull=False)),
        ]

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.username = usernames.normalise(self.username)
        self.username_key = usernames.key(self.username)
        self.email = self.email.lower()
        if (fields := kwargs.get("update_fields")) is not None and "username" in fields:
            kwargs["update_fields"] = {*fields, "username_key"}
        super().save(*args, **kwargs)

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        return self.display_name or self.username

    @cached_property
    def blocklist(self) -> Blocklist:
        """The people whom this one blocks and mutes, as of the first access."""
        return blocklists_for([self.pk])[self.pk]

    @property
    def blocked_ids(self) -> frozenset[int]:
        return self.blocklist.blocked

    @property
    def current_status_text(self) -> str:
        """What they say of themselves, until its time is over: nobody comes by then to wipe it."""
        is_over = self.status_until is not None and self.status_until <= timezone.now()
        return "" if is_over else self.status_text

    @property
    def is_suspension_over(self) -> bool:
        return not self.is_active and self.suspended_until is not None and self.suspended_until <= timezone.now()

    @property
    def can_invite(self) -> bool:
        return self.is_active and (self.is_staff or settings.REGISTRATION != "closed")

    def get_full_name(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        return self.name


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def open(self) -> Self:
        """Invitations that still let somebody in."""
        return self.filter(
            Q(expires_at__isnull=True) | Q(expires_at__gt=timezone.now()),
            Q(max_uses__isnull=True) | Q(uses__lt=F("max_uses")),
            revoked_at__isnull=True,
        )

    def admitting(self) -> Self:
        """Open invitations of people who may still invite; a closed site heeds only its administrators'."""
        admitting = self.open().filter(created_by__is_active=True)
        return admitting.filter(created_by__is_staff=True) if settings.REGISTRATION == "closed" else admitting


def new_code() -> str:
    return secrets.token_urlsafe(16)


class Invitation(models.Model):
    """A link that lets people register, where registration asks for one, and may put them into a room."""

    code = models.CharField(max_length=40, unique=True, default=new_code, editable=False)
    created_by = models.ForeignKey(User, models.CASCADE, related_name="invitations")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField(null=True, blank=True)
    max_uses = models.PositiveIntegerField(null=True, blank=True)
    uses = models.PositiveIntegerField(default=0, editable=False)
    revoked_at = models.DateTimeField(null=True, blank=True)
    # An id, not a foreign key: accounts knows no rooms. A room that is gone is simply not joined.
    room_id = models.PositiveBigIntegerField(null=True, blank=True)

    objects = InvitationQuerySet.as_manager()

    def __str__(self) -> str:
        return f"invitation {self.pk}"

    def get_absolute_url(self) -> str:
        return reverse("accounts:invitation", args=[self.code])


class ServerProcessQuerySet(models.QuerySet["ServerProcess"]):
    def beating(self) -> Self:
        return self.filter(heartbeat_at__gt=timezone.now() - DEAD_AFTER)


class ServerProcess(models.Model):
    """One running server process. Its connections count only while its heart beats."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    host = models.CharField(max_length=255)
    pid = models.PositiveIntegerField()
    started_at = models.DateTimeField(default=timezone.now)
    heartbeat_at = models.DateTimeField(default=timezone.now)

    objects = ServerProcessQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "server processes"

    def __str__(self) -> str:
        return f"{self.host}:{self.pid}"


class ConnectionQuerySet(models.QuerySet["Connection"]):
    def live(self) -> Self:
        """Connections of processes whose heart still beats."""
        return self.filter(process__heartbeat_at__gt=timezone.now() - DEAD_AFTER)

    def dismissed(self) -> set[uuid.UUID]:
        """The ids of those that are to be closed and are still there."""
        return set(self.filter(is_dismissed=True).values_list("pk", flat=True))


class Connection(models.Model):
    """One open WebSocket: the row of the active-user report. `idle_since`: nobody has touched its page since."""

    class Kind(models.TextChoices):
        PAGE = "page"
        TERMINAL = "terminal"
        BOT = "bot"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    process = models.ForeignKey(ServerProcess, models.CASCADE, related_name="connections")
    user = models.ForeignKey(User, models.CASCADE, related_name="connections")
    address = models.CharField(max_length=64, blank=True)
    port = models.PositiveIntegerField(null=True)
    user_agent = models.CharField(max_length=300, blank=True)
    kind = models.CharField(max_length=8, choices=Kind.choices, default=Kind.PAGE)
    # The room that is open there: an id, for accounts knows no rooms, and one that is deleted takes nobody's line.
    room_id = models.PositiveBigIntegerField(null=True)
    messages = models.PositiveIntegerField(default=0)
    is_dismissed = models.BooleanField(default=False)
    opened_at = models.DateTimeField(default=timezone.now)
    last_active_at = models.DateTimeField(default=timezone.now)
    idle_since = models.DateTimeField(null=True)

    objects = ConnectionQuerySet.as_manager()

    class Meta:
        # Every process asks for these every few seconds, and nearly always there are none.
        indexes = [models.Index(fields=["id"], condition=Q(is_dismissed=True), name="connection_dismissed")]

    def __str__(self) -> str:
        return f"{self.user_id} from {self.address}:{self.port}"
