"""Adds a user's messages and files to their data export. Other users only appear as ids."""

from collections.abc import Iterator
from contextlib import closing, suppress
from typing import Any

from accounts.data_export import ExportedFile, exporter, json_array
from accounts.models import User
from messaging.attachments.filenames import clean_name
from messaging.attachments.readers import chunks_of, open_reader
from messaging.models import (
    Attachment,
    Keyword,
    Message,
    MessageQuerySet,
    Notification,
    NotificationPreferences,
    PushSubscription,
    Reaction,
    RoomDraft,
    SavedMessage,
    ScheduledMessage,
    ThreadFollow,
)

BATCH = 500
SAVED_FIELDS = ("message", "saved_at", "remind_at")
_NOT_ON_WINDOWS = str.maketrans('<>:"|?*', "_______")


@exporter
def messages(user: User) -> Iterator[ExportedFile]:
    """Export the user's messages with all their versions."""
    yield "messages.json", json_array(_messages(user))


@exporter
def drafts(user: User) -> Iterator[ExportedFile]:
    stored = RoomDraft.objects.filter(user=user).exclude(body="").order_by("pk")
    yield "drafts.json", json_array(stored.values("room", "body", "updated_at"))


@exporter
def scheduled_messages(user: User) -> Iterator[ExportedFile]:
    stored = ScheduledMessage.objects.filter(sender=user).order_by("pk")
    yield "scheduled_messages.json", json_array(list(stored.values("room", "body", "reply_to", "post_at", "problem")))


@exporter
def reactions(user: User) -> Iterator[ExportedFile]:
    yield "reactions.json", json_array(_reactions(user))


@exporter
def saved_messages(user: User) -> Iterator[ExportedFile]:
    """Export which messages the user saved, without their texts, which are other people's."""
    saved = SavedMessage.objects.filter(user=user).order_by("pk").values(*SAVED_FIELDS)
    yield "saved_messages.json", json_array(list(saved))


@exporter
def followed_threads(user: User) -> Iterator[ExportedFile]:
    """Export which threads the user follows, by their first messages."""
    followed = ThreadFollow.objects.filter(user=user, is_followed=True).order_by("pk").values("room", "thread")
    yield "followed_threads.json", json_array(list(followed))


@exporter
def devices(user: User) -> Iterator[ExportedFile]:
    """Export the devices that get push notifications, without the keys with which anyone could send them some."""
    subscriptions = PushSubscription.objects.filter(user=user).order_by("pk")
    yield "push_devices.json", json_array(list(subscriptions.values("user_agent", "created_at", "renewed_at")))


@exporter
def notification_settings(user: User) -> Iterator[ExportedFile]:
    fields = [field.name for field in NotificationPreferences._meta.concrete_fields if field.name != "user"]
    stored = NotificationPreferences.objects.filter(user=user).values(*fields).first() or {}
    keywords = Keyword.objects.filter(user=user).order_by("pk").values_list("text", flat=True)
    yield "notification_settings.json", json_array([{**stored, "keywords": list(keywords)}])


@exporter
def notifications(user: User) -> Iterator[ExportedFile]:
    """Export what became of the messages of the last days that concerned the user."""
    fields = ("message", "room", "channel", "trigger", "cause", "shown", "created_at", "emailed_at")
    yield "notifications.json", json_array(Notification.objects.filter(user=user).order_by("pk").values(*fields))


@exporter
def files(user: User) -> Iterator[ExportedFile]:
    """Export the original files, except those deleted in the meantime."""
    posted = Attachment.objects.posted().filter(uploader=user).order_by("message", "position")
    for pk in list(posted.values_list("pk", flat=True)):
        attachment = Attachment.objects.filter(pk=pk).first()
        if attachment is None:
            continue
        with suppress(FileNotFoundError), closing(open_reader(attachment.key)) as reader:
            yield _name_of(attachment), chunks_of(reader)


def _name_of(attachment: Attachment) -> str:
    """Return a unique name that is valid on every system."""
    name = clean_name(f"{attachment.message_id}-{attachment.position + 1}-{attachment.name}")
    return f"files/{name.translate(_NOT_ON_WINDOWS)}"


def _messages(user: User) -> Iterator[dict[str, Any]]:
    written = Message.objects.filter(sender=user, deleted_at=None).order_by("pk")
    complete = written.select_related("room").prefetch_related("revisions", "attachments")
    for message in _in_batches(complete):
        earlier = sorted(message.revisions.all(), key=lambda revision: revision.pk)
        yield {
            "id": message.pk,
            "room": message.room_id,
            "room_name": message.room.name,
            "room_kind": message.room.kind,
            "number": message.seq,
            "written_at": message.created_at,
            "edited_at": message.edited_at,
            "in_reply_to": message.reply_to_id,
            "shown_as": message.shown_sender.name if message.alias else None,
            "text": message.body,
            "earlier_texts": [{"text": each.body, "written_at": each.written_at} for each in earlier],
            "files": [_name_of(each) for each in sorted(message.attachments.all(), key=lambda file: file.position)],
        }


def _reactions(user: User) -> Iterator[dict[str, Any]]:
    given = Reaction.objects.filter(user=user).order_by("pk").values("pk", "message", "emoji", "created_at")
    last = 0
    while found := list(given.filter(pk__gt=last)[:BATCH]):
        yield from ({"message": each["message"], "emoji": each["emoji"], "at": each["created_at"]} for each in found)
        last = found[-1]["pk"]


def _in_batches(messages: MessageQuerySet) -> Iterator[Message]:
    """Yield messages with one query per batch. With a slow reader, an open query would let SQLite's WAL grow."""
    last = 0
    while found := list(messages.filter(pk__gt=last)[:BATCH]):
        yield from found
        last = found[-1].pk
