"""The user model."""

import uuid
from collections.abc import Iterable
from datetime import timedelta
from functools import cache
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth import models as auth
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.db import DEFAULT_DB_ALIAS, IntegrityError, models, transaction
from django.db.models import F, Min, Q
from django.db.models.functions import Lower, Now
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from accounts import passwords, usernames
from accounts.models.connection import DEAD_AFTER
from accounts.models.name_part import NamePart
from accounts.models.relations import Blocklist, blocklists_for
from accounts.models.site_settings import registration_mode
from accounts.models.user_group import UserGroup, lock_names
from accounts.sql import aware, batched, fetch, placeholders, table

# The username of a deleted account stays reserved for a while, so that no one can impersonate its owner.
USERNAME_HELD_FOR = timedelta(days=30)


def avatar_path(user: "User", filename: str) -> str:
    return f"avatars/{uuid.uuid4().hex}.webp"


class Status(models.TextChoices):
    """The availability that a user has chosen. Online presence is tracked separately (see accounts/presence)."""

    AUTO = "auto", _("Active (away when idle)")
    DND = "dnd", _("Do not disturb")
    INVISIBLE = "invisible", _("Invisible (appear offline)")


class UserManager(auth.UserManager["User"]):
    def create_user(self, username: str, email: str | None = None, password: str | None = None, **extra: Any) -> "User":
        return super().create_user(username, email, password and passwords.normalize(password), **extra)

    def create_superuser(
        self, username: str, email: str | None = None, password: str | None = None, **extra: Any
    ) -> "User":
        return super().create_superuser(username, email, password and passwords.normalize(password), **extra)

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(username_key=usernames.key(username or ""))

    def online(self) -> models.QuerySet["User"]:
        """Return the users with an open connection, annotated with `since`, the time their first one was opened."""
        return self.filter(is_active=True, connections__process__heartbeat_at__gt=Now() - DEAD_AFTER).annotate(
            since=Min("connections__opened_at")
        )

    def read_active(self, user_ids: Iterable[int], fields: frozenset[str] = frozenset()) -> dict[int, "User"]:
        """Return active users by id, with only these fields if there are any. Every request reads one."""
        columns, names, times = _loaded(fields)
        found: dict[int, User] = {}
        for ids in batched(user_ids):
            sql = f"SELECT {columns} FROM {table(User)} WHERE id IN ({placeholders(len(ids))}) AND is_active"  # noqa: S608
            for row in fetch(sql, ids):
                user = User.from_db(DEFAULT_DB_ALIAS, names, row)
                for name in times:
                    setattr(user, name, aware(getattr(user, name)))
                found[user.pk] = user
        return found

    def with_username(self, username: str) -> models.QuerySet["User"]:
        """Return the holder of this username, who may have deleted their account up to USERNAME_HELD_FOR ago."""
        return self._holding_username().filter(username_key=usernames.key(username))

    def resembling(self, username: str) -> models.QuerySet["User"]:
        """Return the user whose username looks like this one, if there is one."""
        return self._holding_username().filter(username_skeleton=usernames.skeleton(username))

    def release_username(self, username: str) -> None:
        """Make the username available again if its account was deleted more than USERNAME_HELD_FOR ago."""
        holders = Q(username_key=usernames.key(username)) | Q(username_skeleton=usernames.skeleton(username))
        deleted = self.filter(holders, deleted_at__lt=timezone.now() - USERNAME_HELD_FOR)
        deleted.update(username_key=F("username"), username_skeleton="")

    def _holding_username(self) -> models.QuerySet["User"]:
        return self.exclude(deleted_at__lt=timezone.now() - USERNAME_HELD_FOR)


class User(auth.AbstractUser):
    """A user.

    `rooms_version` increases with every change to the rooms and users that they see. `changed_at` is the time at which
    their name, avatar or status last changed. A process that missed events uses both columns to find the changes.
    """

    first_name = None  # type: ignore[assignment]
    last_name = None  # type: ignore[assignment]
    username = models.CharField(
        _("username"), max_length=usernames.MAX_LENGTH, validators=[usernames.validate_username]
    )
    username_key = models.CharField(max_length=usernames.MAX_LENGTH * 3, unique=True, editable=False)
    # Empty if the username already looked like another one when skeletons were introduced, until it is changed.
    username_skeleton = models.CharField(
        max_length=usernames.SKELETON_LENGTH, blank=True, default="", db_default="", editable=False
    )
    email = models.EmailField(_("email"), blank=True, db_index=True)  # for logging in by email
    display_name = models.CharField(
        _("display name"), max_length=60, blank=True, validators=[usernames.validate_display_name]
    )
    avatar = models.ImageField(_("photo"), upload_to=avatar_path, blank=True)
    theme = models.CharField(
        _("theme"),
        max_length=5,
        blank=True,
        choices=[("", _("Match system")), ("light", _("Light")), ("dark", _("Dark"))],
    )
    # A code from settings.LANGUAGES, or "" for the browser's language.
    language = models.CharField(_("language"), max_length=16, blank=True)
    # The zone of the browser that this person last used.
    time_zone = models.CharField(max_length=40, blank=True, default="", db_default="", editable=False)
    allows_direct_messages = models.BooleanField(default=True, db_column="takes_direct")
    rooms_version = models.PositiveBigIntegerField(default=0, editable=False)
    last_seen_at = models.DateTimeField(_("last seen"), null=True, blank=True, editable=False)
    changed_at = models.DateTimeField(null=True, db_index=True, editable=False)  # queried every two seconds
    status = models.CharField(max_length=9, choices=Status.choices, default=Status.AUTO)
    status_text = models.CharField(max_length=80, blank=True)
    status_until = models.DateTimeField(null=True, blank=True)
    hides_last_seen = models.BooleanField(default=False)
    shows_room_events = models.BooleanField(
        _("show joins, renames and pins in conversations"), default=True, db_default=True
    )
    deleted_at = models.DateTimeField(null=True, editable=False)
    is_active = models.BooleanField(_("active"), default=True, help_text=_("Off while the account is suspended."))
    is_staff = models.BooleanField(
        _("admin"), default=False, help_text=_("Can use these pages, within the permissions below.")
    )
    is_superuser = models.BooleanField(
        _("owner"), default=False, help_text=_("Has every permission, and can make other people admins or owners.")
    )
    # Bots have no password, no email and no rights of admins. `owner` is the person whom a bot belongs to, or None.
    is_bot = models.BooleanField(_("bot"), default=False, db_default=False, editable=False)
    owner = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="bots", editable=False, verbose_name=_("owner")
    )
    # Whether a bot is only suspended because its owner is (see `accounts.lifecycle.owned_bots`).
    is_stopped_with_owner = models.BooleanField(default=False, db_default=False, editable=False)
    # The end of a temporary suspension. Null for permanent suspensions and for users who aren’t suspended.
    suspended_until = models.DateTimeField(_("suspended until"), null=True, blank=True, editable=False)
    notices = models.TextField(blank=True, editable=False)  # one per line

    objects: ClassVar[UserManager] = UserManager()

    class Meta(auth.AbstractUser.Meta):  # type: ignore[name-defined]
        verbose_name = _("person")
        verbose_name_plural = _("people")
        constraints = [
            models.UniqueConstraint(
                Lower("email"),
                condition=~Q(email=""),
                name="user_email_once",
                violation_error_message=_("This email is already in use."),
            ),
            models.UniqueConstraint(
                fields=["username_skeleton"],
                condition=~Q(username_skeleton=""),
                name="user_skeleton_once",
                violation_error_message=_("That username looks too much like an existing one."),
            ),
            models.CheckConstraint(
                condition=Q(is_bot=False)
                | Q(password__startswith=UNUSABLE_PASSWORD_PREFIX, email="", is_staff=False, is_superuser=False),
                name="user_bots_cannot_log_in",
                violation_error_message=_("Bots have no password, email or rights of an admin."),
            ),
            models.CheckConstraint(condition=Q(owner=None) | Q(is_bot=True), name="user_only_bots_have_owners"),
        ]
        indexes = [
            # The list of people in the order of their last activity, and its filters by last activity.
            models.Index(
                fields=["-last_seen_at", "username_key"],
                name="user_seen",
                condition=Q(is_active=True, hides_last_seen=False, last_seen_at__isnull=False),
            ),
            # The list of admins.
            models.Index(fields=["username_key"], name="user_staff", condition=Q(is_active=True, is_staff=True)),
            # There are few temporary suspensions, but every process looks for expired ones every few seconds.
            models.Index(fields=["suspended_until"], name="user_suspended", condition=Q(suspended_until__isnull=False)),
        ]

    @transaction.atomic
    def save(self, *args: Any, **kwargs: Any) -> None:
        self.username = usernames.normalize(self.username)
        self.username_key = usernames.key(self.username)
        self.email = self.email.lower()
        fields = kwargs.get("update_fields")
        if (fields is None or "username" in fields) and self._is_renamed():
            self.username_skeleton = usernames.skeleton(self.username)
            self._require_free_name()
        if fields is not None and "username" in fields:
            kwargs["update_fields"] = {*fields, "username_key", "username_skeleton"}
        super().save(*args, **kwargs)
        if fields is None or not {"username", "display_name"}.isdisjoint(fields):
            NamePart.objects.index(self.pk, self.username, self.display_name)

    def _is_renamed(self) -> bool:
        return self._state.adding or not User.objects.filter(pk=self.pk, username=self.username).exists()

    def _require_free_name(self) -> None:
        """Raise IntegrityError if a group has the name, as the database does if a person has it."""
        lock_names(shared=True)
        if UserGroup.objects.holding(self.username_key, self.username_skeleton).exists():
            raise IntegrityError("a group has this name")

    def __str__(self) -> str:
        return self.name

    def set_password(self, raw_password: str | None) -> None:
        super().set_password(passwords.normalize(raw_password) if raw_password is not None else None)

    def check_password(self, raw_password: str) -> bool:
        """Accept any encoding of the password, and its exact form for hashes from before passwords were normalized."""
        normalized = passwords.normalize(raw_password)
        return super().check_password(normalized) or (
            normalized != raw_password and super().check_password(raw_password)
        )

    @property
    def name(self) -> str:
        return self.display_name or self.username

    @property
    def avatar_name(self) -> str:
        """The stored name of the avatar, or "".

        Unlike `avatar`, it creates no reference cycle, of which there would be one per message sender and socket.
        """
        if "avatar" not in self.__dict__:  # deferred
            self.refresh_from_db(fields=["avatar"])
        return str(self.__dict__["avatar"] or "")

    @cached_property
    def blocklist(self) -> Blocklist:
        """The ids of the users whom this user blocks and mutes, as of the first access."""
        return blocklists_for([self.pk])[self.pk]

    @property
    def blocked_ids(self) -> frozenset[int]:
        return self.blocklist.blocked

    @property
    def preferred_language(self) -> str:
        """The language for texts addressed to this user that are generated outside their requests."""
        return self.language if self.language in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE

    @property
    def current_status_text(self) -> str:
        """The status message, or "" once it has expired, since no job clears the column."""
        is_over = self.status_until is not None and self.status_until <= timezone.now()
        return "" if is_over else self.status_text

    @property
    def is_suspension_over(self) -> bool:
        return not self.is_active and self.suspended_until is not None and self.suspended_until <= timezone.now()

    @property
    def is_enabled(self) -> bool:
        """Whether a bot wasn't disabled itself, even if it is stopped with its owner."""
        return self.is_active or self.is_stopped_with_owner

    @property
    def can_invite(self) -> bool:
        return self.is_active and not self.is_bot and (self.is_staff or registration_mode() != "closed")

    def get_full_name(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        return self.name


@cache
def _loaded(fields: frozenset[str]) -> tuple[str, list[str], list[str]]:
    """Return the columns of these fields, or of all, the names in the order of `from_db`, and those of times."""
    loaded = [field for field in User._meta.concrete_fields if not fields or field.name in fields]
    times = [field.attname for field in loaded if isinstance(field, models.DateTimeField)]
    return ", ".join(field.column for field in loaded), [field.attname for field in loaded], times
