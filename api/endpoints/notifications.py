"""Endpoints for the messages about which a person is notified, how and when."""

from typing import Annotated, Any

import msgspec
from django.utils.translation import gettext as _
from msgspec import UNSET, Meta, UnsetType

from accounts.models import Scope, User
from api import schemas
from api.routing import Group
from api.schemas.settings import EmailDelay, Level, QuietHours, Sound
from messaging.errors import NO_MESSAGE
from messaging.models import Message, NotificationPreferences, PushSubscription
from messaging.notifications.explanation import explain
from messaging.notifications.preferences import keywords_of, preferences_of, save_preferences
from messaging.notifications.quiet_hours import DAYS
from messaging.notifications.room_levels import default_level
from messaging.push.subscriptions import of_user, remove_subscription
from messaging.runtime.protocol import Id
from rooms.errors import Invalid, NotFound
from rooms.models import Room
from rooms.permissions import find_membership, find_room
from rooms.room_list import set_notification_level
from rooms.serializers import serialize_time

JSON = dict[str, Any]
FIELDS = (
    *("level", "hears_everyone", "hears_threads", "sound", "desktop", "push", "shows_content"),
    *("email_delay", "gets_digest"),
)

group = Group("Notifications")


class Nothing(msgspec.Struct):
    pass


class ChangeSettings(msgspec.Struct):
    level: Level | UnsetType = UNSET
    hears_everyone: bool | UnsetType = UNSET
    hears_threads: bool | UnsetType = UNSET
    sound: Sound | UnsetType = UNSET
    desktop: bool | UnsetType = UNSET
    push: bool | UnsetType = UNSET
    shows_content: bool | UnsetType = UNSET
    email_delay: EmailDelay | UnsetType = UNSET
    gets_digest: bool | UnsetType = UNSET
    keywords: Annotated[list[str], Meta(max_length=100)] | UnsetType = UNSET
    quiet_hours: Annotated[list[QuietHours | None], Meta(max_length=DAYS)] | UnsetType = UNSET


class OneRoom(msgspec.Struct):
    room: Id


class ChooseLevel(msgspec.Struct):
    room: Id
    level: Level


class OneMessage(msgspec.Struct):
    message: Id


class OneDevice(msgspec.Struct):
    device: Id


@group.endpoint("GET /me/notifications", scope=Scope.READ, returns=schemas.NotificationSettings)
def show_notification_settings(user: User, parameters: Nothing) -> JSON:
    """Show your notification settings."""
    return _serialize(preferences_of(user), keywords_of(user))


@group.endpoint("PATCH /me/notifications", scope=Scope.WRITE, returns=schemas.NotificationSettings)
def change_notification_settings(user: User, parameters: ChangeSettings) -> JSON:
    """Change your notification settings.

    Only what you give is changed. `level`: what you are notified about in rooms for which you haven't chosen a level;
    empty for the site's default. `email_delay`: the minutes after which you get an email, or 0 for never.
    `keywords`: up to 20 words or phrases. `quiet_hours`: one entry for each day from Monday to Sunday, or none for no
    quiet hours. For do not disturb, change your `status`.
    """
    changes = {name: getattr(parameters, name) for name in FIELDS if getattr(parameters, name) is not UNSET}
    if parameters.quiet_hours is not UNSET:
        changes["quiet_hours"] = _stored_hours(parameters.quiet_hours)
    keywords = None if parameters.keywords is UNSET else parameters.keywords
    return _serialize(save_preferences(user=user, keywords=keywords, **changes), keywords_of(user))


@group.endpoint("GET /rooms/{room}/notifications", scope=Scope.READ, returns=schemas.RoomNotifications)
def show_room_notifications(user: User, parameters: OneRoom) -> JSON:
    """Show which of a room's messages you are notified about.

    `level`: the one that you chose for this room, or empty. `default`: the one that applies otherwise.
    """
    room = find_room(user, parameters.room)
    return _serialize_level(user, room, find_membership(user, room.pk).notification_level)


@group.endpoint("PUT /rooms/{room}/notifications", scope=Scope.WRITE, returns=schemas.RoomNotifications)
def choose_room_notifications(user: User, parameters: ChooseLevel) -> JSON:
    """Choose which of a room's messages you are notified about.

    `level`: empty for the default.
    """
    room = find_room(user, parameters.room)
    membership = set_notification_level(user=user, room=room, level=parameters.level)
    return _serialize_level(user, room, membership.notification_level)


@group.endpoint("GET /messages/{message}/notification", scope=Scope.READ, returns=schemas.NotificationExplanation)
def explain_notification(user: User, parameters: OneMessage) -> JSON:
    """Explain why you were notified of a message, or why you weren't, in your language."""
    seen = Message.objects.readable_by(user).seen_by(user)
    message = seen.select_related("sender").filter(pk=parameters.message).first()
    if message is None:
        raise NotFound(NO_MESSAGE)
    explanation = explain(user, message)
    return {"headline": explanation.headline, "reasons": explanation.reasons}


@group.endpoint("GET /me/devices", scope=Scope.READ, returns=schemas.Devices)
def list_devices(user: User, parameters: Nothing) -> JSON:
    """List the devices that get push notifications. They subscribe in their browsers."""
    return {"devices": list(map(_serialize_device, of_user(user)))}


@group.endpoint("DELETE /me/devices/{device}", scope=Scope.WRITE)
def remove_device(user: User, parameters: OneDevice) -> None:
    """Stop push notifications to a device."""
    remove_subscription(user=user, subscription_id=parameters.device)


def _stored_hours(days: list[QuietHours | None]) -> list[list[int] | None]:
    """Return the hours as they are stored. Raises Invalid unless there is one entry for each day, or none."""
    if len(days) not in (0, DAYS):
        raise Invalid(_("Give seven entries, one for each day from Monday to Sunday."), field="quiet_hours")
    return [_hours_of(day) for day in days] if any(days) else []


def _hours_of(day: QuietHours | None) -> list[int] | None:
    return None if day is None else [int(at[:2]) * 60 + int(at[3:]) for at in (day.begin, day.end)]


def _serialize(preferences: NotificationPreferences, keywords: list[str]) -> JSON:
    days = [day and {"begin": _time_of(day[0]), "end": _time_of(day[1])} for day in preferences.quiet_hours]
    return {name: getattr(preferences, name) for name in FIELDS} | {"keywords": keywords, "quiet_hours": days}


def _time_of(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _serialize_level(user: User, room: Room, level: str) -> JSON:
    return {"level": level, "default": str(default_level(user, room))}


def _serialize_device(device: PushSubscription) -> JSON:
    return {
        "id": device.pk,
        "browser": device.user_agent,
        "renewed_at": serialize_time(device.renewed_at),
        "result": device.result or None,
        "reason": device.reason,
    }
