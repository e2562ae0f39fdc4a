"""The verbs of messages: post, edit, delete, pin, clear one's own view.

Posts are stored in batches: all that waited together in one transaction, and one bad draft fails
alone. Each room's row is locked first, rooms in the order of their ids, so that two processes never
wait for each other in a circle; numbers and versions come from the locked row and have no hole.
"""

import re
from collections.abc import Callable, Sequence
from functools import partial

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from accounts import audit
from accounts.audit import Kind
from accounts.models import User
from messaging.attachments.serializers import files_text
from messaging.errors import TooLong
from messaging.history import events
from messaging.models import Attachment, Message, Revision
from messaging.posting.batch import Batch, Draft, Result
from messaging.posting.tombstones import empty_messages
from messaging.rendering import render
from rooms.errors import Archived, Forbidden, Invalid, NotFound, Refusal
from rooms.models import Membership, Room
from rooms.permissions import find_membership, moderates, require_moderator, require_pinner

NO_TEXT = re.compile("[\0\ud800-\udfff]")  # no database takes them

MAX_PINS = 50

Acknowledge = Callable[[Sequence[Draft], Sequence[Result]], None]


def post_messages(drafts: Sequence[Draft], acknowledge: Acknowledge | None = None) -> list[Result]:
    """Store these posts in one transaction; return for each its message, or why it was refused.

    A draft whose sender used its `client_id` before gets that first message (or Conflict, when it
    says something else). `acknowledge` is called after the commit and before anybody hears of it.
    Raises DatabaseError when nothing could be stored; then nothing was.
    """
    if not drafts:
        return []
    rendered = {draft.body: _rendered(draft.body) for draft in drafts}  # before any lock is held
    try:
        return _post(drafts, rendered, acknowledge)
    except IntegrityError:
        # Another process took one of the client_ids meanwhile, or a sender is gone: each for itself.
        return [_post_alone(draft, rendered, acknowledge) for draft in drafts]


def edit_message(*, actor: User, message_id: int, body: str) -> Message:
    """Replace the text of one's own message; the earlier text is kept as a revision."""
    check_body(body, may_be_empty=True)
    html = render(body)
    with transaction.atomic():
        message, room = _held(actor, message_id)
        check_body(body, may_be_empty=bool(message.files))
        if message.sender_id != actor.pk:
            raise Forbidden("You can only edit your own messages.")
        find_membership(actor, room.pk)
        if room.is_archived:
            raise Archived
        if message.body == body:
            return message
        written_at = message.edited_at or message.created_at
        Revision.objects.create(message=message, body=message.body, written_at=written_at)
        message.body, message.html, message.edited_at = body, html, timezone.now()
        _save_change(message, room)
    return message


def delete_message(*, actor: User | None, message_id: int) -> Message:
    """Delete one's own message, or as a moderator any: its text and revisions go, its number stays.

    `actor` None is the admin, which may delete everything.
    """
    with transaction.atomic():
        message, room = _held(actor, message_id)
        if actor is not None and message.sender_id != actor.pk:
            require_moderator(actor, room)
        if actor is None or message.sender_id != actor.pk:
            facts = {"room": room.pk, "seq": message.seq, "sender": message.sender.username}
            audit.record(Kind.MESSAGE_DELETED, actor=actor, target=message, **facts)
        empty_messages([message])
        _save_change(message, room)
    return message


def pin_message(*, actor: User, message_id: int) -> Message:
    """Put a message into the room's list of pinned ones; pinning twice changes nothing."""
    return _set_pinned(actor, message_id, pinned=True)


def unpin_message(*, actor: User, message_id: int) -> Message:
    return _set_pinned(actor, message_id, pinned=False)


def describe_posted(*, actor: User, attachment: Attachment, alt: str) -> None:
    """Say in words what is to be seen in a file of a message. The room first, as for every change of its messages."""
    with transaction.atomic():
        message, room = _held(actor, attachment.message_id or 0)
        find_membership(actor, room.pk)
        if room.is_archived:
            raise Archived
        Attachment.objects.filter(pk=attachment.pk).update(alt=alt)
        message.files = files_text(message.attachments.order_by("position"))
        _save_change(message, room)


def clear_history(*, user: User, room_id: int) -> int:
    """Hide what was written so far from this person alone. Returns the number up to which it is hidden."""
    membership = find_membership(user, room_id)
    seq = membership.room.last_seq
    with transaction.atomic():
        Membership.objects.filter(pk=membership.pk, cleared_seq__lt=seq).update(cleared_seq=seq, last_read_seq=seq)
        events.announce_cleared(user, membership.room)
    return seq


def check_body(body: str, *, may_be_empty: bool = False) -> None:
    """Raise Invalid or TooLong for a text that cannot be a message; one with files needs none."""
    if len(body) > settings.CHAT_MAX_BODY:
        raise TooLong(f"At most {settings.CHAT_MAX_BODY} characters; this has {len(body)}.", field="body")
    if not may_be_empty and not body.strip():
        raise Invalid("Write something.", field="body")
    if NO_TEXT.search(body):
        raise Invalid("It holds a character that is no text.", field="body")


# -- helpers, in the order in which they are called ---------------------------------------------------


@transaction.atomic
def _set_pinned(actor: User, message_id: int, *, pinned: bool) -> Message:
    message, room = _held(actor, message_id)
    require_pinner(actor, room)
    if room.is_archived:
        raise Archived
    if (message.pinned_at is not None) == pinned:
        return message
    if pinned and Message.objects.filter(room=room, pinned_at__isnull=False).count() >= MAX_PINS:
        raise Invalid(f"A room has at most {MAX_PINS} pinned messages; unpin another one first.", field="message")
    message.pinned_at, message.pinned_by = (timezone.now(), actor) if pinned else (None, None)
    _save_change(message, room)
    return message


def _rendered(body: str) -> str | Refusal:
    try:
        check_body(body)
    except Refusal as refusal:
        return refusal
    return render(body)


@transaction.atomic
def _post(drafts: Sequence[Draft], rendered: dict[str, str | Refusal], acknowledge: Acknowledge | None) -> list[Result]:
    batch = Batch(drafts, rendered)
    results = batch.results()
    if acknowledge is not None:
        transaction.on_commit(partial(acknowledge, drafts, results))
    events.announce_posted(batch.new)
    return results


def _post_alone(draft: Draft, rendered: dict[str, str | Refusal], acknowledge: Acknowledge | None) -> Result:
    try:
        return _post([draft], rendered, acknowledge)[0]
    except IntegrityError:
        return _post([draft], rendered, acknowledge)[0]


def _held(actor: User | None, message_id: int) -> tuple[Message, Room]:
    """A message this person may see, as it is now, with its room locked."""
    place = Message.objects.filter(pk=message_id).values_list("room_id", flat=True).first()
    if place is None:
        raise NotFound("Message not found.")
    if actor is not None and not Room.objects.visible_to(actor).filter(pk=place).exists():
        raise NotFound("Message not found.")
    room = Room.objects.select_for_update().filter(pk=place).first()
    message = Message.objects.complete().filter(pk=message_id, deleted_at__isnull=True).first()
    if room is None or message is None or (actor is not None and _is_hidden(message, actor, room)):
        raise NotFound("Message not found.")
    return message, room


def _is_hidden(message: Message, actor: User, room: Room) -> bool:
    """Whether its writer is blocked by this person. Who looks after the room sees to everybody's messages."""
    return message.sender_id in actor.blocked_ids and not moderates(actor, room)


def _save_change(message: Message, room: Room) -> None:
    Room.objects.filter(pk=room.pk).update(version=F("version") + 1)
    message.version = room.version + 1
    message.save()
    events.announce_changed(message)
