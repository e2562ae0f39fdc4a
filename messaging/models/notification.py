"""Models for notifications: preferences, what became of each message that concerned someone, and the work left."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import NotificationLevel
from messaging.models.message import Message
from rooms.models import Room

KEYWORD_LENGTH = 50
KEY_LENGTH = 200


class EmailDelay(models.IntegerChoices):
    """The minutes after which an unread message is sent by email."""

    NEVER = 0, pgettext_lazy("email", "Never")
    SOON = 2, _("After 2 minutes")
    LATER = 15, _("After 15 minutes")
    HOUR = 60, _("After 1 hour")


class Sound(models.TextChoices):
    NONE = "none", pgettext_lazy("sound", "None")
    KNOCK = "knock", pgettext_lazy("sound", "Knock")
    BELL = "bell", pgettext_lazy("sound", "Bell")
    DROP = "drop", pgettext_lazy("sound", "Drop")


class NotificationPreferences(models.Model):
    """How a user wants to be notified. Users who have changed nothing have no row.

    level: for rooms in which they haven't chosen another one. "" means the site's default.
    hears_everyone: whether @room and @here concern them.
    hears_threads: whether replies in threads that they follow concern them.
    shows_content: if false, notifications outside of the site only say that there is something.
    digest_due_at: when to see next whether there is something for a weekly summary. None means now.
    quiet_hours: for each day from Monday to Sunday, the minutes of the day at which they begin and end in the user's
        time zone, as [begin, end], or None. If the end isn't after the beginning, it is on the next day.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="notification_preferences"
    )
    level = models.CharField(max_length=8, choices=NotificationLevel.choices, blank=True, default="")
    hears_everyone = models.BooleanField(default=True)
    hears_threads = models.BooleanField(default=True)
    sound = models.CharField(max_length=8, choices=Sound.choices, default=Sound.KNOCK)
    desktop = models.BooleanField(default=True)
    push = models.BooleanField(default=True)
    shows_content = models.BooleanField(default=True)
    email_delay = models.PositiveSmallIntegerField(choices=EmailDelay.choices, default=EmailDelay.LATER)
    gets_digest = models.BooleanField(default=False)
    digest_sent_at = models.DateTimeField(null=True, editable=False)
    digest_due_at = models.DateTimeField(null=True, editable=False)
    quiet_hours = models.JSONField(default=list, blank=True)

    def __str__(self) -> str:
        return f"notification preferences of user {self.user_id}"


class Keyword(models.Model):
    """A word or phrase about which a user wants to be notified.

    key: its tokens, as in the index of the search, separated by spaces.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="keywords", db_index=False)
    text = models.CharField(max_length=KEYWORD_LENGTH)
    key = models.CharField(max_length=KEY_LENGTH)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="keyword_once")]

    def __str__(self) -> str:
        return self.text


class Channel(models.TextChoices):
    """How a user is notified of a message, from the least to the most noticeable way."""

    NOTHING = "nothing"
    BADGE = "badge"
    SOUND = "sound"
    DESKTOP = "desktop"
    PUSH = "push"
    EMAIL = "email"


class Trigger(models.TextChoices):
    """Why a message concerns a user."""

    DIRECT = "direct"
    MENTION = "mention"
    GROUP = "group"
    EVERYONE = "everyone"
    REPLY = "reply"
    THREAD = "thread"
    KEYWORD = "keyword"
    ROOM = "room"


class Cause(models.TextChoices):
    """Why a user is notified in this way, or not at all."""

    # Nothing.
    OWN = "own"
    BLOCKED = "blocked"
    MUTED_PERSON = "muted_person"
    MUTED_ROOM = "muted_room"
    LEVEL = "level"
    NOT_CONCERNED = "not_concerned"
    READ = "read"
    CLEARED = "cleared"
    OLD = "old"
    INACTIVE_ACCOUNT = "inactive_account"
    NOT_MEMBER = "not_member"
    # Badge.
    QUIET_HOURS = "quiet_hours"
    DND = "dnd"
    # Sound, desktop, push or email.
    ACTIVE = "active"
    AWAY = "away"


class Notification(models.Model):
    """The outcome of a message for a user whom it concerned. Kept for 7 days.

    Users whom a message doesn't concern have no row, however many are in its room.

    seq: the message's. The notification ends when the user has read the room up to it.
    email_due_at: when to send it by email unless it has been read, or None. Set to None when it is sent or needn't be.
    shown: how a page reported to have shown it, or "".
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False)
    message = models.ForeignKey(Message, models.CASCADE, related_name="+")
    room = models.ForeignKey(Room, models.CASCADE, related_name="+")
    seq = models.PositiveBigIntegerField()
    channel = models.CharField(max_length=8, choices=Channel.choices)
    trigger = models.CharField(max_length=16, choices=Trigger.choices)
    cause = models.CharField(max_length=16, choices=Cause.choices)
    shown = models.CharField(max_length=16, blank=True, default="")
    created_at = models.DateTimeField(default=timezone.now, db_index=True)
    emailed_at = models.DateTimeField(null=True)
    email_due_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "message"], name="notification_once")]
        indexes = [
            models.Index(
                fields=["email_due_at"], name="notification_email_due", condition=Q(email_due_at__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"notification of user {self.user_id} of message {self.message_id} ({self.channel})"


class NotifiedRoom(models.Model):
    """The messages of a room up to `seq` have been looked through for notifications.

    So posting a message needs no write for this. A process that looks through a room locks this row.
    """

    room = models.OneToOneField(Room, models.CASCADE, primary_key=True, related_name="+")
    seq = models.PositiveBigIntegerField(default=0)

    def __str__(self) -> str:
        return f"room {self.room_id} up to {self.seq}"


class NotificationJob(models.Model):
    """A message that may concern so many people that they are notified in pieces, or one that was edited.

    after_user_id: those with an id up to this one have been notified.
    """

    message = models.OneToOneField(Message, models.CASCADE, primary_key=True, related_name="+")
    after_user_id = models.PositiveBigIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"notifications of message {self.message_id} after user {self.after_user_id}"


class HeldBack(models.Model):
    """Notifications are held back from a user until their quiet hours are over, or their status changes.

    since: those created from then on are summed up. `due_at`: when to look whether it is over.
    """

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="+")
    since = models.DateTimeField()
    due_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"notifications held back from user {self.user_id} since {self.since}"
