"""Models for rooms, their members and bans."""

from functools import cache
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from accounts import usernames
from accounts.models import Block, NotificationLevel, User
from rooms.models.ban import Ban

MAX_SLOW_SECONDS = 24 * 60 * 60


class RoomQuerySet(models.QuerySet["Room"]):
    def visible_to(self, user: User) -> Self:
        """Return the rooms that this user may see: public rooms, unless they are banned, and their own rooms.

        Direct rooms with users whom they block are excluded, but not group conversations. Bots see no other rooms than
        their own.
        """
        if user.is_bot:
            return self.joined_by(user)
        public = Q(kind=Room.Kind.PUBLIC)
        if not user.is_superuser:  # bans from before they became a superuser don't apply
            public &= ~Q(Exists(Ban.objects.in_force().filter(room=OuterRef("pk"), user=user)))
        return self.filter(public | Exists(_memberships_of(user)))

    def joined_by(self, user: User) -> Self:
        return self.filter(Exists(_memberships_of(user)))

    def active(self) -> Self:
        return self.filter(archived_at__isnull=True)

    def named(self) -> Self:
        """Exclude conversations, which have neither a name nor roles."""
        return self.exclude(kind__in=CONVERSATIONS)

    def by_activity(self) -> Self:
        return self.order_by(models.F("last_at").desc(nulls_last=True), "-id")


def _memberships_of(user: User) -> "models.QuerySet[Membership]":
    return Membership.objects.visible().filter(room=OuterRef("pk"), user=user)


def room_url(room_id: int) -> str:
    before, after = _url_parts()
    return f"{before}{room_id}{after}"


@cache
def _url_parts() -> tuple[str, str]:
    """Return the parts of a room's URL around its id. Reversing the URL for each room costs more than the query."""
    before, _id, after = reverse("rooms:room", args=[0]).rpartition("0")
    return before, after


class Room(models.Model):
    """A public or private room, or a conversation: the direct room of two users, or the group of up to ten.

    last_seq: number of the latest message.
    version: counts the changes to its messages. Neither has gaps, because they change while the room is locked or with
        `UPDATE … SET version = version + 1`.
    revision: counts the changes to its own properties (name, topic, archived_at, …).
    last_event: the id of its latest room event, or 0. Pages compare it to find out whether they missed any.
    slow_seconds: the minimum interval between two messages from a member; 0 turns slow mode off.
    is_read_only: if true, members cannot post. Owners and moderators are exempt from both limits.
    allows_agents: whether members' AI agents may post in their name.
    shows_link_previews: whether links in new messages get previews, if the site allows them.
    """

    class Kind(models.TextChoices):
        PUBLIC = "public", _("Public")
        PRIVATE = "private", _("Private")
        DIRECT = "direct", _("Direct message")
        GROUP = "group", _("Group conversation")

    kind = models.CharField(_("kind"), max_length=7, choices=Kind.choices, default=Kind.PUBLIC)
    name = models.CharField(_("name"), max_length=80, blank=True)
    name_key = models.CharField(max_length=320, blank=True, editable=False)
    # Empty if the name already looked like another one when skeletons were introduced, until it is changed.
    name_skeleton = models.CharField(
        max_length=usernames.SKELETON_LENGTH, blank=True, default="", db_default="", editable=False
    )
    slug = models.SlugField(max_length=80, allow_unicode=True, blank=True, editable=False)
    topic = models.CharField(_("topic"), max_length=250, blank=True)
    is_default = models.BooleanField(_("new members join automatically"), default=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("created by"),
    )
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    archived_at = models.DateTimeField(_("archived"), null=True, blank=True)
    slow_seconds = models.PositiveIntegerField(_("slow mode"), default=0)
    is_read_only = models.BooleanField(_("only owners and moderators can post"), default=False)
    allows_agents = models.BooleanField(_("AI agents can post"), default=False)
    shows_link_previews = models.BooleanField(_("link previews"), default=True, db_default=True)
    last_at = models.DateTimeField(null=True, blank=True, editable=False)
    last_seq = models.PositiveBigIntegerField(_("messages"), default=0, editable=False)
    version = models.PositiveBigIntegerField(_("version"), default=0, editable=False)
    revision = models.PositiveBigIntegerField(default=0, editable=False)
    last_event = models.PositiveBigIntegerField(default=0, db_default=0, editable=False)
    # The ids of the people in a conversation (see `conversation_key`), of which there is only one.
    conversation_key = models.CharField(max_length=200, null=True, unique=True, editable=False)
    members: "models.ManyToManyField[User, Membership]" = models.ManyToManyField(
        settings.AUTH_USER_MODEL, through="Membership", related_name="rooms"
    )

    objects = RoomQuerySet.as_manager()

    class Meta:
        verbose_name = _("room")
        verbose_name_plural = _("rooms")
        constraints = [
            # Only for public rooms: “There’s already a room with that name.” must not reveal private rooms.
            models.UniqueConstraint(
                fields=["name_key"],
                condition=Q(kind="public"),
                name="room_public_name_once",
                violation_error_message=_("There’s already a room with that name."),
            ),
            models.UniqueConstraint(
                fields=["name_skeleton"],
                condition=Q(kind="public") & ~Q(name_skeleton=""),
                name="room_public_skeleton_once",
                violation_error_message=_("There’s already a room with that name, or one that looks like it."),
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["direct", "group"], conversation_key__isnull=False)
                | (~Q(kind__in=["direct", "group"]) & Q(conversation_key__isnull=True)),
                name="room_conversation_has_key",
            ),
            models.CheckConstraint(condition=Q(slow_seconds__lte=MAX_SLOW_SECONDS), name="room_slow_a_day_at_most"),
            models.CheckConstraint(condition=Q(is_default=False) | Q(kind="public"), name="room_default_is_public"),
        ]

    def clean(self) -> None:
        self.name_key = usernames.key(self.name)[:320]
        if self._is_renamed():
            self.name_skeleton = usernames.skeleton(self.name)

    def save(self, *args: Any, **kwargs: Any) -> None:
        fields = kwargs.get("update_fields")
        if fields is None or "name" in fields:
            self.slug = slugify(self.name, allow_unicode=True)[:80]
            self.clean()
        super().save(*args, **kwargs)

    def _is_renamed(self) -> bool:
        return self._state.adding or not Room.objects.filter(pk=self.pk, name=self.name).exists()

    def __str__(self) -> str:
        label = gettext("Group conversation %(id)s") if self.is_group else gettext("Direct message %(id)s")
        return self.name or label % {"id": self.pk}

    def get_absolute_url(self) -> str:
        return room_url(self.pk)

    @property
    def slow_mode(self) -> str:
        return slow_mode_label(self.slow_seconds)

    @property
    def is_direct(self) -> bool:
        return self.kind == self.Kind.DIRECT

    @property
    def is_group(self) -> bool:
        return self.kind == self.Kind.GROUP

    @property
    def is_conversation(self) -> bool:
        """Whether this is a direct room or a group: it has a fixed set of people, and no name, roles or settings."""
        return self.kind in CONVERSATIONS

    @property
    def is_archived(self) -> bool:
        return self.archived_at is not None


CONVERSATIONS = frozenset({Room.Kind.DIRECT.value, Room.Kind.GROUP.value})


def slow_mode_label(seconds: int) -> str:
    """Return a label for how often members can post in slow mode, such as 'Off' or 'Every 30 seconds'."""
    if not seconds:
        return gettext("Off")
    if seconds % 86400 == 0:
        count, text = seconds // 86400, ngettext("Every day", "Every %(count)s days", seconds // 86400)
    elif seconds % 3600 == 0:
        count, text = seconds // 3600, ngettext("Every hour", "Every %(count)s hours", seconds // 3600)
    elif seconds % 60 == 0:
        count, text = seconds // 60, ngettext("Every minute", "Every %(count)s minutes", seconds // 60)
    else:
        count, text = seconds, ngettext("Every second", "Every %(count)s seconds", seconds)
    return text % {"count": count}


def conversation_key(*people: User) -> str:
    """Return the unique key of the conversation between these people."""
    return ":".join(map(str, sorted({person.pk for person in people})))


class MembershipQuerySet(models.QuerySet["Membership"]):
    def visible(self) -> Self:
        """Exclude direct rooms with users whom the member blocks."""
        blocks = Block.objects.filter(blocker=OuterRef("user"), blocked__memberships__room=OuterRef("room"))
        return self.exclude(Q(room__kind=Room.Kind.DIRECT) & Exists(blocks))


class Membership(models.Model):
    """A user in a room.

    last_read_seq: the user has read up to this message.
    marked_unread_at: when they last marked messages as unread. Older requests to mark messages as read are ignored.
    cleared_seq: messages up to this one are hidden, because the user cleared their history.
    is_muted: if true, new messages do not notify the user.
    closed_seq: a conversation is hidden from the user's list while this is the number of its latest message. Posting
        therefore needs no write to show it again.
    is_new: someone else added the user to the room, and they haven't opened it yet.
    notification_level: "" means the user's default.
    section: the user's own section of the sidebar in which the room is, if any.
    """

    class Role(models.TextChoices):
        OWNER = "owner", _("Owner")
        MODERATOR = "moderator", _("Moderator")
        MEMBER = "member", _("Member")

    room = models.ForeignKey(Room, models.CASCADE, related_name="memberships", verbose_name=_("room"))
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="memberships", verbose_name=_("person")
    )
    role = models.CharField(_("role"), max_length=9, choices=Role.choices, default=Role.MEMBER)
    joined_at = models.DateTimeField(_("joined"), default=timezone.now, editable=False)
    last_read_seq = models.PositiveBigIntegerField(default=0)
    marked_unread_at = models.DateTimeField(null=True)
    cleared_seq = models.PositiveBigIntegerField(default=0)
    is_muted = models.BooleanField(default=False)
    is_favorite = models.BooleanField(default=False)
    closed_seq = models.PositiveBigIntegerField(null=True)
    is_new = models.BooleanField(default=False)
    notification_level = models.CharField(
        max_length=8, choices=NotificationLevel.choices, blank=True, default="", db_default=""
    )
    section = models.ForeignKey("rooms.RoomSection", models.SET_NULL, null=True, related_name="memberships")

    objects = MembershipQuerySet.as_manager()

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        constraints = [models.UniqueConstraint(fields=["user", "room"], name="membership_once")]

    def __str__(self) -> str:
        return gettext("%(person)s in %(room)s") % {"person": self.user, "room": self.room}

    @property
    def can_moderate(self) -> bool:
        return self.role in MODERATING


MODERATING = frozenset({Membership.Role.OWNER.value, Membership.Role.MODERATOR.value})
