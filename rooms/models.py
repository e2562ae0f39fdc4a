"""Rooms and the people in them."""

from functools import cache
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.text import slugify

from accounts import usernames
from accounts.models import Block, User

SLOWEST = 24 * 60 * 60  # seconds


class RoomQuerySet(models.QuerySet["Room"]):
    def visible_to(self, user: User) -> Self:
        """Rooms whose existence this person may know: public ones they are not banned from, and those they are in.

        The direct room with somebody whom they block is not there for them.
        """
        public = Q(kind=Room.Kind.PUBLIC)
        if not user.is_superuser:  # also one who was banned before becoming that
            public &= ~Q(Exists(Ban.objects.in_force().filter(room=OuterRef("pk"), user=user)))
        return self.filter(public | Exists(_memberships_of(user)))

    def joined_by(self, user: User) -> Self:
        return self.filter(Exists(_memberships_of(user)))

    def active(self) -> Self:
        return self.filter(archived_at__isnull=True)

    def by_activity(self) -> Self:
        return self.order_by(models.F("last_at").desc(nulls_last=True), "-id")


def _memberships_of(user: User) -> "models.QuerySet[Membership]":
    return Membership.objects.visible().filter(room=OuterRef("pk"), user=user)


@cache
def _room_address() -> tuple[str, str]:
    """What stands around the id: looking an address up for each of a page's rooms costs more than reading them."""
    before, _, after = reverse("rooms:room", args=[0]).rpartition("0")
    return before, after


class Room(models.Model):
    """A place to talk.

    `version` counts every change to its messages and `last_seq` the messages themselves, both without
    a hole; `revision` counts changes to its facts (name, topic, archive). They only ever rise, by
    `UPDATE … SET version = version + 1`, never by writing a value that was read before.

    `slow_seconds`: so long a member waits between two messages; 0 for not at all. In a room that `is_read_only`
    members do not post. Neither binds its owners and moderators.
    """

    class Kind(models.TextChoices):
        PUBLIC = "public"
        PRIVATE = "private"
        DIRECT = "direct"

    kind = models.CharField(max_length=7, choices=Kind.choices, default=Kind.PUBLIC)
    name = models.CharField(max_length=80, blank=True)
    name_key = models.CharField(max_length=320, blank=True, editable=False)
    slug = models.SlugField(max_length=80, allow_unicode=True, blank=True, editable=False)
    topic = models.CharField(max_length=250, blank=True)
    is_default = models.BooleanField(default=False)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    archived_at = models.DateTimeField(null=True, blank=True)
    slow_seconds = models.PositiveIntegerField(default=0)
    is_read_only = models.BooleanField(default=False)
    last_at = models.DateTimeField(null=True, blank=True, editable=False)
    last_seq = models.PositiveBigIntegerField(default=0, editable=False)
    version = models.PositiveBigIntegerField(default=0, editable=False)
    revision = models.PositiveBigIntegerField(default=0, editable=False)
    direct_key = models.CharField(max_length=50, null=True, unique=True, editable=False)
    members: "models.ManyToManyField[User, Membership]" = models.ManyToManyField(
        settings.AUTH_USER_MODEL, through="Membership", related_name="rooms"
    )

    objects = RoomQuerySet.as_manager()

    class Meta:
        constraints = [
            # Only among public rooms: 'that name is taken' must not tell of a private room.
            models.UniqueConstraint(
                fields=["name_key"],
                condition=Q(kind="public"),
                name="room_public_name_once",
                violation_error_message="There’s already a room with that name.",
            ),
            models.CheckConstraint(
                condition=Q(kind="direct", direct_key__isnull=False) | (~Q(kind="direct") & Q(direct_key__isnull=True)),
                name="room_direct_has_key",
            ),
            models.CheckConstraint(condition=Q(slow_seconds__lte=SLOWEST), name="room_slow_a_day_at_most"),
            models.CheckConstraint(condition=Q(is_default=False) | Q(kind="public"), name="room_default_is_public"),
        ]

    def clean(self) -> None:
        self.name_key = usernames.key(self.name)[:320]

    def save(self, *args: object, **kwargs: object) -> None:
        self.slug = slugify(self.name, allow_unicode=True)[:80]
        self.clean()
        super().save(*args, **kwargs)  # type: ignore[arg-type]

    def __str__(self) -> str:
        return self.name or f"direct room {self.pk}"

    def get_absolute_url(self) -> str:
        before, after = _room_address()
        return f"{before}{self.pk}{after}"

    @property
    def is_direct(self) -> bool:
        return self.kind == self.Kind.DIRECT

    @property
    def is_archived(self) -> bool:
        return self.archived_at is not None


def direct_key(one: User, other: User) -> str:
    """Return the unique key of the direct room between two people."""
    low, high = sorted((one.pk, other.pk))
    return f"{low}:{high}"


class MembershipQuerySet(models.QuerySet["Membership"]):
    def visible(self) -> Self:
        """Leave out direct rooms with someone whom the member blocks."""
        blocks = Block.objects.filter(blocker=OuterRef("user"), blocked__memberships__room=OuterRef("room"))
        return self.exclude(Q(room__kind=Room.Kind.DIRECT) & Exists(blocks))


class Membership(models.Model):
    """A person's place in a room. `last_read_seq`: read up to here; `cleared_seq`: hidden up to here;
    `is_muted`: what is said there is no news to them."""

    class Role(models.TextChoices):
        OWNER = "owner"
        MODERATOR = "moderator"
        MEMBER = "member"

    room = models.ForeignKey(Room, models.CASCADE, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=9, choices=Role.choices, default=Role.MEMBER)
    joined_at = models.DateTimeField(default=timezone.now, editable=False)
    last_read_seq = models.PositiveBigIntegerField(default=0)
    cleared_seq = models.PositiveBigIntegerField(default=0)
    is_muted = models.BooleanField(default=False)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "room"], name="membership_once")]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.room_id} ({self.role})"

    @property
    def can_moderate(self) -> bool:
        return self.role in MODERATING


MODERATING = frozenset({Membership.Role.OWNER.value, Membership.Role.MODERATOR.value})


class BanQuerySet(models.QuerySet["Ban"]):
    def in_force(self) -> Self:
        return self.filter(Q(until__isnull=True) | Q(until__gt=timezone.now()))


class Ban(models.Model):
    """Somebody may not be in a room, nor know of it, before `until`; for good where that is null.

    One that is lifted ends at that moment, and stays as a record of what was done.
    """

    room = models.ForeignKey(Room, models.CASCADE, related_name="bans")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="bans", db_index=False)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    reason = models.CharField(max_length=250, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    until = models.DateTimeField(null=True, blank=True)

    objects = BanQuerySet.as_manager()

    class Meta:
        # The door of every room asks by both, and a person's record by the first.
        indexes = [models.Index(fields=["user", "room"], name="ban_of_person")]

    def __str__(self) -> str:
        return f"ban of {self.user_id} from {self.room_id}"

    @property
    def is_in_force(self) -> bool:
        return self.until is None or self.until > timezone.now()
