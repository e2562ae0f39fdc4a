"""Receivers of signals from rooms and accounts."""

from collections.abc import Collection, Mapping
from typing import Any

from django.db import connections, router
from django.db.models import F
from django.db.models.signals import post_migrate, post_save
from django.dispatch import receiver

from accounts.lifecycle import retention
from accounts.mail import checks
from accounts.models import Block, Mute, User
from accounts.signals import account_deleting, avatar_discarded, sessions_ended
from messaging.attachments.cleanup import discard_attachments, discard_files
from messaging.history import events
from messaging.history.journal import floor_of
from messaging.history.unread import count_suppressed_unread
from messaging.link_previews.cleanup import delete_links
from messaging.mentions.unread import find_unread_mentions
from messaging.models import (
    AddedMention,
    Attachment,
    BulkDeletion,
    HeldBack,
    Keyword,
    Mention,
    Message,
    MessageLink,
    Notification,
    NotificationJob,
    NotificationPreferences,
    NotifiedRoom,
    PushSubscription,
    Reaction,
    Report,
    Revision,
    RoomDraft,
    SavedMessage,
    ScheduledMessage,
    ThreadFollow,
)
from messaging.notifications.emails import recheck
from messaging.notifications.explanation import outdated_notifications
from messaging.notifications.room_levels import describe_level
from messaging.push import queue
from messaging.push.subscriptions import end_with_sessions, outdated
from messaging.search.engines import engine
from messaging.search.index import remove_room
from rooms.models import Membership, Room
from rooms.room_state import MemberKey
from rooms.signals import (
    room_deleting,
    room_info_requested,
    rooms_read,
    suppressed_unread_requested,
    unread_mentions_requested,
)

retention.register("push subscriptions", outdated)
retention.register("push notifications", queue.outdated)
retention.register("notifications", outdated_notifications)
checks.register(recheck.PURPOSE, recheck.is_still_wanted)


@receiver(room_deleting)
def delete_conversation(sender: object, room: Room, **kwargs: Any) -> None:
    """Delete with one statement per table. Django's cascade loads every message first while holding the write lock.

    Every table that refers to messages needs a line here. Otherwise, its constraint prevents the deletion.
    """
    using = router.db_for_write(Message)
    discard_attachments(Attachment.objects.filter(room=room))
    Revision.objects.filter(message__room=room)._raw_delete(using)
    Reaction.objects.filter(message__room=room)._raw_delete(using)
    RoomDraft.objects.filter(room=room)._raw_delete(using)
    SavedMessage.objects.filter(message__room=room)._raw_delete(using)
    _keep_scheduled(room)
    Report.objects.filter(message__room=room)._raw_delete(using)
    ThreadFollow.objects.filter(room=room)._raw_delete(using)
    Mention.objects.filter(room=room)._raw_delete(using)
    AddedMention.objects.filter(room=room)._raw_delete(using)
    Notification.objects.filter(room=room)._raw_delete(using)
    NotificationJob.objects.filter(message__room=room)._raw_delete(using)
    NotifiedRoom.objects.filter(room=room)._raw_delete(using)
    delete_links(MessageLink.objects.filter(message__room=room))
    Message.objects.filter(room=room, reply_to__isnull=False).update(reply_to=None)
    Message.objects.filter(room=room)._raw_delete(using)
    remove_room(room.pk)


def _keep_scheduled(room: Room) -> None:
    """Keep what people have scheduled, so that they can copy the text."""
    scheduled = list(ScheduledMessage.objects.filter(room=room))
    kept = {"room": None, "reply_to": None, "attempt_at": None}
    ScheduledMessage.objects.filter(room=room).update(**kept, revision=F("revision") + 1)
    for each in scheduled:
        each.room = each.attempt_at = None
        events.announce_scheduled(each)


@receiver(room_info_requested)
def count_attachments(sender: object, room: Room, viewer: User, **kwargs: Any) -> dict[str, int]:
    posted = Attachment.objects.posted_in(room.pk, viewer=viewer, floor=floor_of(viewer, room.pk))
    return {"files": posted.count()}


@receiver(room_info_requested)
def describe_notifications(sender: object, room: Room, viewer: User, **kwargs: Any) -> dict[str, str]:
    level = describe_level(viewer, room)
    return {} if level is None else {"notifications": level}


@receiver(suppressed_unread_requested)
def count_unread(sender: object, user_ids: Collection[int], **kwargs: Any) -> Mapping[MemberKey, int]:
    return count_suppressed_unread(user_ids)


@receiver(rooms_read)
def end_push_notifications(sender: object, keys: Collection[MemberKey], **kwargs: Any) -> None:
    queue.enqueue_closings(keys)


@receiver(post_save, sender=Block)
def end_notifications_of_blocked(sender: object, instance: Block, created: bool, **kwargs: Any) -> None:
    if created:
        queue.enqueue_closings_from(sender_id=instance.blocked_id, user_id=instance.blocker_id)


@receiver(post_save, sender=Mute)
def end_notifications_of_muted(sender: object, instance: Mute, created: bool, **kwargs: Any) -> None:
    if created:
        queue.enqueue_closings_from(sender_id=instance.muted_id, user_id=instance.user_id)


@receiver(unread_mentions_requested)
def list_unread_mentions(sender: object, user_ids: Collection[int], **kwargs: Any) -> Mapping[MemberKey, list[int]]:
    return find_unread_mentions(user_ids)


@receiver(account_deleting)
def schedule_deletion(sender: object, user: User, with_messages: bool, **kwargs: Any) -> None:
    """Delete all but messages and reactions now, and these in the background.

    Each room they are in, posted in or reacted in has a job, without a last message, so that a post being stored by
    another transaction is also deleted.
    """
    discard_attachments(Attachment.objects.select_for_update().unposted().filter(uploader=user))
    Mention.objects.filter(user=user).delete()
    AddedMention.objects.filter(user=user).delete()
    SavedMessage.objects.filter(user=user).delete()
    RoomDraft.objects.filter(user=user).delete()
    ScheduledMessage.objects.filter(sender=user).delete()
    ThreadFollow.objects.filter(user=user).delete()
    PushSubscription.objects.filter(user=user).delete()
    Notification.objects.filter(user=user).delete()
    HeldBack.objects.filter(user=user).delete()
    NotificationPreferences.objects.filter(user=user).delete()
    Keyword.objects.filter(user=user).delete()
    if with_messages:
        posted = Message.objects.filter(sender=user, deleted_at__isnull=True).values("room")
        reacted = Reaction.objects.filter(user=user).values(room=F("message__room"))
        memberships = Membership.objects.filter(user=user).values("room")
        room_ids = posted.union(reacted, memberships).values_list("room", flat=True)
        BulkDeletion.objects.bulk_create(BulkDeletion(sender=user, room_id=room_id) for room_id in room_ids)


@receiver(sessions_ended)
def end_subscriptions(
    sender: object, user: User, session_keys: Collection[str] = (), keep: str | None = None, **kwargs: Any
) -> None:
    end_with_sessions(user, session_keys, keep)


@receiver(avatar_discarded)
def discard_avatar(sender: object, name: str, **kwargs: Any) -> None:
    discard_files([name])


@receiver(post_migrate)
def empty_the_search(sender: Any, using: str, **kwargs: Any) -> None:
    """Empty the index after `flush`, which deletes the rows of models only. This signal follows it."""
    if sender.name != "messaging" or using != router.db_for_write(Message):
        return
    created = connections[using].introspection.table_names()  # before the later migrations, not all of them
    if {engine().TABLE, Message._meta.db_table} <= set(created) and not Message.objects.exists():
        engine().clear()
