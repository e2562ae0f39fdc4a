"""Serializes messages for the live protocol and the pages, and publishes events about messages."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from django.utils import translation
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.profile.notices import leave_notice
from live import envelope
from live.envelope import encoded
from live.publish import publish, publish_all
from live.topics import room_of, room_topic, user_topic
from messaging.attachments.serializers import attachments_of, filenames_in
from messaging.history.aliases import alias_field
from messaging.history.journal import Changes
from messaging.history.people import AnyMessage, all_people_about, people_about
from messaging.link_previews.summary import previews_of
from messaging.mentions.rows import serialize_mentions
from messaging.models import Message, NotificationPreferences, Quote, Report, SavedMessage, ScheduledMessage
from messaging.reactions.summary import reactions_for, reactions_of
from rooms.models import Room
from rooms.serializers import serialize_person, serialize_time

Event = dict[str, Any]


class EncodedMessage(NamedTuple):
    """A message as JSON: `shared` for everyone in its room, and `own` for its sender."""

    message: AnyMessage
    shared: str
    own: str


def serialize_message(message: AnyMessage) -> Event:
    """Serialize a message for everyone in its room. A `Message` must be loaded with `Message.objects.complete()`."""
    event: Event = {
        "id": message.pk,
        "room": message.room_id,
        "seq": message.seq,
        "version": message.version,
        "sender": serialize_person(message.sender),
        "at": serialize_time(message.created_at),
        "edited_at": serialize_time(message.edited_at),
        "deleted_at": serialize_time(message.deleted_at),
        "reply_to": serialize_quote(message.reply_to),
        "thread": message.thread_id,
        "reactions": reactions_of(message),
        **serialize_mentions(message),
        "pinned_at": serialize_time(message.pinned_at),
    }
    if message.alias is not None:
        event |= alias_field(message.alias)
    if message.deleted_at is None:
        event |= {"body": message.body, "html": message.html, "attachments": attachments_of(message)}
        event["previews"] = previews_of(message)
    return event


def serialize_for(viewer: User, *messages: AnyMessage) -> list[Event]:
    """Serialize messages for `viewer`, with the `client_id` for their sender, without anything by blocked users."""
    if not messages:
        return []  # without loading the blocklist
    viewer_id, blocked_ids = viewer.pk, viewer.blocked_ids  # once: a request's user is a slow proxy
    events = [serialize_message(message) for message in messages]
    reactions = reactions_for(viewer, messages)
    for message, event in zip(messages, events, strict=True):
        event["reactions"] = reactions.get(message.pk, [])
        if message.sender_id == viewer_id:
            event["client_id"] = str(message.client_id)
        if message.reply_to is not None and message.reply_to.sender_id in blocked_ids:
            event["reply_to"] = None
    return events


def serialize_reminder(saved: SavedMessage) -> Event:
    """Serialize a reminder that is due, for its user."""
    message = saved.message
    return {
        "message": message.pk,
        "room": message.room_id,
        "seq": message.seq,
        "sender": serialize_person(message.sender),
        "excerpt": message.excerpt or filenames_in(message),
        "due_at": serialize_time(saved.due_at),
        **alias_field(message.alias),
    }


def serialize_scheduled(scheduled: ScheduledMessage) -> Event:
    """Serialize a scheduled message for its sender, without its text."""
    return {
        "client_id": str(scheduled.client_id),
        "room": scheduled.room_id,
        "post_at": serialize_time(scheduled.post_at),
        "is_refused": scheduled.is_refused,
    }


def serialize_preferences(preferences: NotificationPreferences) -> Event:
    """Serialize what a user's open pages need to know to notify them."""
    return {"sound": preferences.sound, "desktop": preferences.desktop}


def serialize_quote(message: Message | Quote | None) -> Event | None:
    if message is None:
        return None
    return {
        "id": message.pk,
        "seq": message.seq,
        "sender": serialize_person(message.sender),
        "excerpt": message.excerpt or filenames_in(message),
        **alias_field(message.alias),
    }


def room_changes(room_id: int, since: int, changes: Changes, *, viewer: User | None) -> Event:
    """Return the `room.changes` event for `viewer`, or for everyone in the room if `viewer` is None."""
    messages = changes.messages
    return {
        "type": "room.changes",
        "room": room_id,
        "since": since,
        "version": changes.version,
        "messages": serialize_for(viewer, *messages) if viewer else [serialize_message(each) for each in messages],
        "more": changes.more,
        "reset": changes.reset,
    }


def describe_missed(topic: str, since: int) -> str:
    """Return an empty `room.changes` event, which makes a client request the changes after version `since`."""
    changes = Changes([], since, more=True)
    return encoded(room_changes(room_of(topic) or 0, since, changes, viewer=None))


def reference(message_id: int, sender_id: int) -> Event:
    """Serialize a pinned message for its room event."""
    return {"id": message_id, "sender": sender_id}


def encode_message(message: AnyMessage) -> EncodedMessage:
    """Serialize a message once for everyone. The sender's JSON only has one additional field."""
    shared = encoded(serialize_message(message))
    return EncodedMessage(message, shared, f'{{"client_id":"{message.client_id}",{shared[1:]}')


def posted(messages: Iterable[EncodedMessage]) -> list[envelope.Event]:
    return [_event("message.posted", each, people_about(each.message)) for each in messages]


# -- published by actions -----------------------------------------------------------------------------


def announce_posted(messages: Iterable[EncodedMessage]) -> None:
    publish_all(posted(messages))


def announce_changed(*messages: Message) -> None:
    publish_all([_event("message.changed", encode_message(each), all_people_about(each)) for each in messages])


def announce_mentions_added(message: Message, user_ids: Iterable[int]) -> None:
    """Count a message that these users have read as an unread mention, because an edit mentions them."""
    event = {"type": "mention.added", "room": message.room_id, "seq": message.seq}
    publish_all([envelope.Event.of(user_topic(pk), event, about=(message.sender_id,)) for pk in user_ids])


def announce_mentions_restored(user_id: int, room_id: int, seqs: Sequence[int]) -> None:
    """Count messages as unread mentions again, because the user has undone reading them."""
    topic = user_topic(user_id)
    publish_all([envelope.Event.of(topic, {"type": "mention.added", "room": room_id, "seq": seq}) for seq in seqs])


def announce_mentions_read(user_id: int, room_id: int, seqs: Sequence[int]) -> None:
    publish(user_topic(user_id), {"type": "mentions.read", "room": room_id, "seqs": seqs})


def announce_own_reactions(reactions: Iterable[tuple[Message, int, Sequence[str]]]) -> None:
    """Send each user all emoji with which they have reacted to a message."""
    for message, user_id, emoji in reactions:
        event = {"type": "reactions.own", "room": message.room_id, "message": message.pk, "emoji": emoji}
        publish(user_topic(user_id), event)


def announce_draft(user_id: int, draft: Event) -> None:
    publish(user_topic(user_id), {"type": "draft.changed", "draft": draft})


def announce_cleared(user: User, room: Room) -> None:
    """Make the user's other tabs reload the room."""
    publish(user_topic(user.pk), room_changes(room.pk, 0, Changes([], room.version, reset=True), viewer=user))


def announce_saved(saved: SavedMessage) -> None:
    publish(user_topic(saved.user_id), {"type": "message.saved", "message": saved.message_id})


def announce_unsaved(user: User, message_id: int) -> None:
    publish(user_topic(user.pk), {"type": "message.unsaved", "message": message_id})


def announce_due(reminders: Iterable[SavedMessage]) -> None:
    """Announce reminders to their users, who must still see the messages."""
    for reminder in reminders:
        publish(user_topic(reminder.user_id), due_event(reminder))


def due_event(reminder: SavedMessage) -> Event:
    return {"type": "reminder.due", "reminder": serialize_reminder(reminder)}


def announce_dismissed(user: User, message_id: int) -> None:
    publish(user_topic(user.pk), dismissed_event(message_id))


def dismissed_event(message_id: int) -> Event:
    return {"type": "reminder.dismissed", "message": message_id}


def announce_scheduled(scheduled: ScheduledMessage) -> None:
    """Announce a new or changed message to its sender. If it was refused, with the reason."""
    event = {"type": "scheduled.changed", "scheduled": serialize_scheduled(scheduled)}
    publish(user_topic(scheduled.sender_id), event | ({"problem": scheduled.problem} if scheduled.problem else {}))


def announce_unscheduled(sender_id: int, client_id: UUID) -> None:
    """Announce that a message isn't scheduled anymore, as it was posted or deleted."""
    publish(user_topic(sender_id), {"type": "scheduled.removed", "client_id": str(client_id)})


def announce_followed(
    user_id: int, room_id: int, thread_id: int, *, seqs: Sequence[int] = (), senders: tuple[int, ...] = ()
) -> None:
    """`seqs`: the numbers of new replies by others, the `senders`, for which the user now follows the thread."""
    event = {"type": "thread.followed", "room": room_id, "thread": thread_id, "seqs": list(seqs)}
    publish(user_topic(user_id), event, about=senders)


def announce_unfollowed(user_id: int, room_id: int, thread_id: int) -> None:
    publish(user_topic(user_id), {"type": "thread.unfollowed", "room": room_id, "thread": thread_id})


def announce_thread_read(user_id: int, room_id: int, thread_id: int, seq: int) -> None:
    publish(user_topic(user_id), {"type": "thread.read", "room": room_id, "thread": thread_id, "seq": seq})


def announce_notifications(notifications: Iterable[tuple[int, int, Event]]) -> None:
    """Notify users on their pages. `notifications`: the ids of the user and of the message's sender, and the event."""
    publish_all([envelope.Event.of(user_topic(pk), event, about=(sender,)) for pk, sender, event in notifications])


def announce_preferences(preferences: NotificationPreferences) -> None:
    event = {"type": "notifications.changed", "notifications": serialize_preferences(preferences)}
    publish(user_topic(preferences.user_id), event)


def announce_settled(report: Report) -> None:
    """Notify the reporter in their language. `report.reporter` should already be loaded."""
    with translation.override(report.reporter.preferred_language):
        detail = str(report.outcome_text)
    event = {"type": "report.settled", "report": report.pk, "outcome": report.outcome, "detail": detail}
    publish(user_topic(report.reporter_id), event)
    leave_notice(report.reporter_id, detail)


def announce_warning(message: Message) -> None:
    """Notify the author in their language. The message's sender and room should already be loaded."""
    with translation.override(message.sender.preferred_language):
        if message.room.is_group:
            detail = _("An admin has warned you about a message you sent in a group conversation.")
        elif message.room.is_direct:
            detail = _("An admin has warned you about a direct message you sent.")
        else:
            detail = _("An admin has warned you about a message you sent in %(room)s.") % {"room": message.room.name}
    event = {"type": "warning", "room": message.room_id, "message": message.pk, "seq": message.seq, "detail": detail}
    publish(user_topic(message.sender_id), event)
    leave_notice(message.sender_id, detail)


def _event(kind: str, encoded_message: EncodedMessage, about: tuple[int, ...]) -> envelope.Event:
    message, shared, own = encoded_message
    head = f'{{"type":"{kind}","room":{message.room_id},"version":{message.version},"message":'
    return envelope.Event(
        topic=room_topic(message.room_id),
        text=f"{head}{shared}}}",
        version=message.version,
        author=message.sender_id,
        author_text=f"{head}{own}}}",
        about=about,
    )
