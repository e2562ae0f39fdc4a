"""Models for Web Push: the devices on which people are notified, and the notification of each room on a device."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models import User
from messaging.models.message import Message
from rooms.models import Room

MAX_ENDPOINT = 2_000  # characters
MAX_REASON = 200


class PushSubscription(models.Model):
    """A browser that receives push notifications for a user. It ends with the session in which it subscribed.

    endpoint: the URL to which notifications are sent. `endpoint_hash`: its SHA-256, since long texts can't be indexed.
    p256dh, auth: the browser's keys, in base64url. `server_key`: the site's public key for which it subscribed.
    origin: the site's address in this browser, for links. language: of the notifications.
    user_agent: to tell devices apart.
    renewed_at: when the browser last confirmed it.
    attempted_at, result, reason: what became of the last notification.
    """

    class Result(models.TextChoices):
        DELIVERED = "delivered"
        REFUSED = "refused"
        UNREACHABLE = "unreachable"

    user = models.ForeignKey(User, models.CASCADE, related_name="push_subscriptions")
    endpoint = models.CharField(max_length=MAX_ENDPOINT)
    endpoint_hash = models.CharField(max_length=64, unique=True)
    p256dh = models.CharField(max_length=87)
    auth = models.CharField(max_length=22)
    server_key = models.CharField(max_length=87)
    session_key = models.CharField(max_length=40)
    origin = models.CharField(max_length=300)
    language = models.CharField(max_length=16)
    user_agent = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    renewed_at = models.DateTimeField(default=timezone.now)
    attempted_at = models.DateTimeField(null=True)
    result = models.CharField(max_length=11, choices=Result.choices, blank=True, default="")
    reason = models.CharField(max_length=MAX_REASON, blank=True, default="")

    def __str__(self) -> str:
        return f"push subscription {self.pk} of user {self.user_id}"


class RoomPush(models.Model):
    """The notification of a room on a device: which message to send, and whether it shows one.

    There is only one, because each replaces the one before, also at the push service.

    message: the newest one that concerns the user.
    summary_since: if the notification sums up those held back from then on, in all rooms; otherwise None.
    is_shown: whether the device may show a notification. is_closing: whether to end it, rather than send the message.
    due_at: when to send it, or None if there is nothing to send. `expires_at`: after that, it isn't sent anymore.
    claim: identifies the attempt that a process is making. `attempts`: how many have been made.
    """

    class Urgency(models.TextChoices):
        HIGH = "high"
        NORMAL = "normal"

    subscription = models.ForeignKey(PushSubscription, models.CASCADE, related_name="+", db_index=False)
    room = models.ForeignKey(Room, models.CASCADE, related_name="+")
    # Without a constraint: messages are only deleted with their rooms, and each deletion would look for rows here.
    message = models.ForeignKey(Message, models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False)
    summary_since = models.DateTimeField(null=True)
    urgency = models.CharField(max_length=6, choices=Urgency.choices)
    is_shown = models.BooleanField(default=False)
    is_closing = models.BooleanField(default=False)
    due_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField()
    claim = models.UUIDField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [
            # Also for those of a user's devices, to end them.
            models.UniqueConstraint(fields=["subscription", "room"], name="room_push_once"),
        ]
        indexes = [
            # Those that are due.
            models.Index(fields=["due_at"], name="room_push_due", condition=Q(due_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"notification of room {self.room_id} on device {self.subscription_id}"
