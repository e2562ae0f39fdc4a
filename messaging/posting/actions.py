"""Actions on messages: post, edit, delete, pin, describe a file, and clear one's own history.

Posts are stored in batches. All waiting drafts share one transaction, and an invalid draft doesn't affect the others.
Rooms are locked first, in order of their ids, so that two processes never deadlock. Numbers and versions are taken
from the locked rows and have no gaps.
"""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial

from django.db import IntegrityError, transaction
from django.db.models.functions import Greatest
from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from msgspec import UNSET, UnsetType

from accounts import audit
from accounts.audit import Kind
from accounts.models import User
from live.envelope import Event
from messaging.attachments.serializers import encode_attachments
from messaging.errors import EditConflict, Unavailable
from messaging.history import events
from messaging.mentions.added import Mentioned, replace_added
from messaging.mentions.groups import keep_reached
from messaging.mentions.names import Mentionable, Text, find_mentionable
from messaging.mentions.rows import replace_mentions
from messaging.models import Attachment, Message, NotificationJob, Revision
from messaging.posting.batch import Draft, Result, find_mentionable_in, lock_and_load
from messaging.posting.changes import lock_message, save_change
from messaging.posting.content import check_body
from messaging.posting.link_previews import replace_links
from messaging.posting.tombstones import make_tombstones
from messaging.push.queue import enqueue_closings
from messaging.rendering import Rendered, render
from rooms import room_events
from rooms.errors import Forbidden, Invalid
from rooms.models import Membership
from rooms.permissions import find_membership, require_moderator, require_open, require_pinner
from rooms.serializers import serialize_time

MAX_PINS = 50

logger = logging.getLogger(__name__)

OnCommit = Callable[[Sequence[Draft], Sequence[Result], Sequence[Event]], None]


def post_messages(drafts: Sequence[Draft], on_commit: OnCommit | None = None) -> list[Result]:
    """Store drafts in one transaction. Return the stored post, or the refusal, for each draft.

    If the sender has used a draft's `client_id` before, its result is the first message, or Conflict if they differ.
    After the commit, `on_commit` is called with the drafts, their results and the events to publish. Without it, they
    are published.
    Raises DatabaseError if nothing could be stored.
    """
    if not drafts:
        return []
    for draft in drafts:
        draft.render()  # before locking
    post = partial(_post, mentionable=find_mentionable_in(drafts), on_commit=on_commit)
    try:
        return post(drafts)
    except IntegrityError:
        # Another process has used one of the client_ids, or a sender was deleted, so try one draft at a time.
        return [_post_alone(post, draft) for draft in drafts]


def edit_message(*, actor: User, message_id: int, body: str, based_on: datetime | UnsetType | None = UNSET) -> Message:
    """Replace the body of one's own message and keep the earlier body as a revision.

    `based_on`: the `edited_at` of the body that the user edited. Raises EditConflict if that body has been replaced.
    """
    check_body(body, may_be_empty=True)
    rendered = render(body)
    with transaction.atomic():
        message, room = lock_message(actor, message_id)
        check_body(body, may_be_empty=bool(message.files))
        if message.sender_id != actor.pk:
            raise Forbidden(_("You can only edit your own messages."))
        membership = find_membership(actor, room.pk)
        require_open(room)
        if message.body == body:
            return message
        if based_on is not UNSET and serialize_time(based_on) != serialize_time(message.edited_at):
            raise EditConflict
        written_at = message.edited_at or message.created_at
        Revision.objects.create(message=message, body=message.body, written_at=written_at)
        message.body, message.excerpt, message.edited_at = body, rendered.excerpt, timezone.now()
        _set_html(message, rendered, can_moderate=membership.can_moderate)
        replace_links(message, rendered, room)
        save_change(message, room)
    return message


def delete_message(*, actor: User | None, message_id: int) -> Message:
    """Turn one's own message into a tombstone. Moderators may do so with any message in their room.

    `actor` is None for the admin, who may delete every message.
    """
    with transaction.atomic():
        message, room = lock_message(actor, message_id)
        if actor is not None and message.sender_id != actor.pk:
            require_moderator(actor, room)
        if actor is None or message.sender_id != actor.pk:
            details = {"room": room.pk, "seq": message.seq, "sender": message.sender.username}
            audit.record(Kind.MESSAGE_DELETED, actor=actor, target=message, **details)
        make_tombstones([message])
        save_change(message, room)
    return message


def pin_message(*, actor: User, message_id: int) -> Message:
    """Add a message to the room's pinned messages. Pinning twice changes nothing."""
    return _set_pinned(actor, message_id, pinned=True)


def unpin_message(*, actor: User, message_id: int) -> Message:
    return _set_pinned(actor, message_id, pinned=False)


def set_posted_alt_text(*, actor: User, attachment: Attachment, alt: str) -> None:
    """Set the alternative text of a file in one's own message."""
    with transaction.atomic():
        message, room = lock_message(actor, attachment.message_id or 0)
        find_membership(actor, room.pk)
        require_open(room)
        Attachment.objects.filter(pk=attachment.pk).update(alt=alt)
        message.files = encode_attachments(message.attachments.order_by("position"))
        save_change(message, room)


def clear_history(*, user: User, room_id: int) -> int:
    """Hide the room's current messages from this user only. Return the number of the last hidden message."""
    membership = find_membership(user, room_id)
    seq = membership.room.last_seq
    with transaction.atomic():
        members = Membership.objects.filter(pk=membership.pk, cleared_seq__lt=seq)
        members.update(cleared_seq=seq, last_read_seq=Greatest("last_read_seq", seq))
        enqueue_closings([(user.pk, room_id)])
        events.announce_cleared(user, membership.room)
    return seq


# -- helpers, in the order in which they are called ---------------------------------------------------


@transaction.atomic
def _set_pinned(actor: User, message_id: int, *, pinned: bool) -> Message:
    message, room = lock_message(actor, message_id)
    require_pinner(actor, room)
    require_open(room)
    if (message.pinned_at is not None) == pinned:
        return message
    if pinned and Message.objects.filter(room=room, pinned_at__isnull=False).count() >= MAX_PINS:
        text = _("A room has at most {limit} pinned messages. Unpin another one first.")
        raise Invalid(format_lazy(text, limit=MAX_PINS), field="message")
    message.pinned_at, message.pinned_by = (timezone.now(), actor) if pinned else (None, None)
    save_change(message, room)
    if pinned:
        reference = events.reference(message.pk, message.sender_id)
        room_events.record(room, room_events.pinned(actor, message.seq, message=reference))
    return message


@transaction.atomic
def _post(drafts: Sequence[Draft], *, mentionable: Mentionable, on_commit: OnCommit | None) -> list[Result]:
    batch = lock_and_load(drafts, mentionable)
    results = batch.store()
    if on_commit is None:
        events.announce_posted(batch.encoded.values())
    else:
        transaction.on_commit(partial(on_commit, drafts, results, events.posted(batch.encoded.values())))
    for user_id, thread_id, room_id, seqs, senders in batch.follows:
        events.announce_followed(user_id, room_id, thread_id, seqs=seqs, senders=tuple(senders))
    return results


def _set_html(message: Message, rendered: Rendered, *, can_moderate: bool) -> None:
    """Set the HTML and the mentions of an edited message, without saving it. Raises Forbidden."""
    text = Text(message.sender_id, message.room_id, rendered)
    mentionable = find_mentionable([text])
    resolved = mentionable.resolve(text)
    earlier, message.html = message.mentions, resolved.html
    message.mentions = keep_reached(resolved.mentions, earlier)
    if earlier == message.mentions:
        return
    mentionable.check(message.mentions, message.room_id, can_moderate=can_moderate)
    replace_mentions(message, mentionable)
    added = Mentioned.of(message.mentions).without(Mentioned.of(earlier))
    if found := replace_added(message, added, mentionable):
        events.announce_mentions_added(message, found)
    if added:
        NotificationJob.objects.update_or_create(message=message, defaults={"after_user_id": 0})


def _post_alone(post: Callable[[Sequence[Draft]], list[Result]], draft: Draft) -> Result:
    """Store one draft in two attempts. Return Unavailable if both fail, so that the other drafts are still stored."""
    for _attempt in range(2):
        try:
            return post([draft])[0]
        except IntegrityError as error:
            logger.warning("a post to room %d could not be stored: %s", draft.room_id, error)
    return Unavailable(retry_after=2)
