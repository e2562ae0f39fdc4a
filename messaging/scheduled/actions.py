"""Actions on scheduled messages: schedule, change, delete, and send now."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from accounts.models import User
from messaging.errors import AlreadySent, Conflict, NotCurrent
from messaging.history import events
from messaging.models import Message, ScheduledMessage
from messaging.posting.actions import post_messages
from messaging.posting.batch import Draft
from messaging.posting.content import check_body
from messaging.posting.due import ScheduleKey
from messaging.posting.inserts import find_stored
from rooms.errors import Invalid, NotFound, Refusal
from rooms.permissions import require_poster

MAX_SCHEDULED = 50  # per user
FURTHEST = timedelta(days=366)


def schedule_message(
    *, user: User, room_id: int, body: str, at: datetime, client_id: UUID, reply_to_id: int | None = None
) -> ScheduledMessage:
    """Schedule a message. Doing it again with the same `client_id` returns the first one."""
    check_body(body)
    _check_time(at)
    require_poster(user, room_id)
    if reply_to_id is not None:
        _check_reply(user, room_id, reply_to_id)
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(pk=user.pk)  # against more than MAX_SCHEDULED at once
        if (earlier := ScheduledMessage.objects.filter(sender=user, client_id=client_id).first()) is not None:
            return _require_same(earlier, room_id, body)
        _check_unsent(user, client_id)
        _check_limit(user)
        scheduled = ScheduledMessage.objects.create(
            sender=user,
            room_id=room_id,
            client_id=client_id,
            body=body,
            reply_to_id=reply_to_id,
            post_at=at,
            attempt_at=at,
        )
        events.announce_scheduled(scheduled)
    return scheduled


@transaction.atomic
def change_scheduled(
    *, user: User, client_id: UUID, body: str, at: datetime, keeps_reply: bool = True
) -> ScheduledMessage:
    """Replace the text and the time. A message that was refused is tried again at that time."""
    check_body(body)
    _check_time(at)
    scheduled = _lock(user, client_id)
    if scheduled.room_id is None:
        raise Invalid(_("The room was deleted. Copy the text to send it elsewhere."))
    scheduled.body, scheduled.post_at, scheduled.attempt_at, scheduled.problem = body, at, at, ""
    if not keeps_reply:
        scheduled.reply_to = None
    scheduled.revision += 1
    scheduled.save()
    events.announce_scheduled(scheduled)
    return scheduled


@transaction.atomic
def delete_scheduled(*, user: User, client_id: UUID) -> None:
    """Delete a message that hasn't been sent."""
    _lock(user, client_id).delete()
    events.announce_unscheduled(user.pk, client_id)


def send_now(*, user: User, client_id: UUID) -> None:
    """Post a message at once, unless the server is doing so already. If that is refused, it stays scheduled."""
    scheduled = find_scheduled(user, client_id)
    if scheduled.room_id is None:
        raise Invalid(_("The room was deleted. Copy the text to send it elsewhere."))
    [result] = post_messages([make_draft(scheduled)])
    if isinstance(result, NotCurrent):
        _check_unsent(user, client_id)
    if isinstance(result, Refusal):
        raise result


def find_scheduled(user: User, client_id: UUID) -> ScheduledMessage:
    """Return one of the user's scheduled messages. Raises AlreadySent or NotFound."""
    scheduled = ScheduledMessage.objects.filter(sender=user, client_id=client_id).first()
    if scheduled is None:
        _check_unsent(user, client_id)
        raise NotFound(NotCurrent.default_message)
    return scheduled


def make_draft(scheduled: ScheduledMessage) -> Draft:
    """Return the draft of a message in a room. Posting it deletes the scheduled message."""
    return Draft(
        sender_id=scheduled.sender_id,
        room_id=scheduled.room_id or 0,
        client_id=scheduled.client_id,
        body=scheduled.body,
        reply_to_id=scheduled.reply_to_id,
        scheduled=ScheduleKey(scheduled.pk, scheduled.revision),
    )


def _lock(user: User, client_id: UUID) -> ScheduledMessage:
    """Lock a scheduled message. While it is being posted, this waits. Raises AlreadySent or NotFound."""
    scheduled = ScheduledMessage.objects.select_for_update().filter(sender=user, client_id=client_id).first()
    return scheduled or find_scheduled(user, client_id)


def _check_unsent(user: User, client_id: UUID) -> None:
    if find_stored([(user.pk, client_id)]):
        raise AlreadySent


def _require_same(earlier: ScheduledMessage, room_id: int, body: str) -> ScheduledMessage:
    if (earlier.room_id, earlier.body) != (room_id, body):
        raise Conflict
    return earlier


def _check_reply(user: User, room_id: int, message_id: int) -> None:
    if not Message.objects.readable_by(user).seen_by(user).filter(pk=message_id, room=room_id).exists():
        raise NotFound(_("The message you’re replying to isn’t in this room."), field="reply_to")


def _check_time(at: datetime) -> None:
    if at <= timezone.now():
        raise Invalid(_("Choose a time in the future."), field="at")
    if at > timezone.now() + FURTHEST:
        raise Invalid(_("Choose a time within the next year."), field="at")


def _check_limit(user: User) -> None:
    if ScheduledMessage.objects.filter(sender=user).count() >= MAX_SCHEDULED:
        text = _("You can schedule at most %(most)s messages. Send or delete one of them first.")
        raise Invalid(text % {"most": number_format(MAX_SCHEDULED)})
