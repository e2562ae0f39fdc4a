"""Devices of users, and notifications for them, as the site stores them."""

from django.db import transaction

from accounts.models import User
from messaging.models import Cause, Channel, Message, Notification, PushSubscription, Trigger
from messaging.push import base64url
from messaging.push.queue import Push, enqueue_pushes
from messaging.push.subscriptions import subscribe
from tests.push_device import Device


def subscribe_device(user: User, device: Device, **fields: str) -> PushSubscription:
    defaults = {"session_key": "s" * 32, "origin": "https://chat.example.org", "user_agent": "Mozilla/5.0 Firefox/145"}
    return subscribe(
        user=user,
        endpoint=device.endpoint,
        p256dh=base64url.encode(device.public),
        auth=base64url.encode(device.auth),
        **(defaults | fields),
    )


def notify(message: Message, *users: User, trigger: str = Trigger.DIRECT) -> None:
    """Store that these users are notified of a message, and queue it for their devices."""
    notifications = [
        Notification(
            user=user,
            message=message,
            room_id=message.room_id,
            seq=message.seq,
            channel=Channel.PUSH,
            trigger=trigger,
            cause=Cause.AWAY,
        )
        for user in users
    ]
    with transaction.atomic():
        Notification.objects.bulk_create(notifications)
        enqueue_pushes(Push(user.pk, message.room_id, message.pk, message.seq, trigger) for user in users)
