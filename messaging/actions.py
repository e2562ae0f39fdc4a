"""The verbs of messages: post, edit, delete, clear one's own view.

Posts are stored in batches: all that waited together in one transaction, and one bad draft fails
alone. Each room's row is locked first, rooms in the order of their ids, so that two processes never
wait for each other in a circle; numbers and versions come from the locked row and have no hole.
"""

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from accounts.models import User
from messaging import events
from messaging.errors import Conflict, TooLong
from messaging.models import Message, Revision
from messaging.rendering import render
from messaging.storing import insert
from rooms.access import NO_ROOM, find_membership, require_moderator
from rooms.counters import store_reads, store_rooms
from rooms.errors import Archived, Forbidden, Invalid, NotAMember, NotFound, Refusal
from rooms.models import Membership, Room


@dataclass(frozen=True, slots=True)
class Draft:
    """A post as it was asked for. `at` is for imports; otherwise it is the time of the commit."""

    sender_id: int
    room_id: int
    client_id: UUID
    body: str
    reply_to_id: int | None = None
    at: datetime | None = None

    @property
    def key(self) -> tuple[int, UUID]:
        return self.sender_id, self.client_id

    @property
    def fingerprint(self) -> bytes:
        """Tells whether two posts with one client_id are the same post."""
        text = f"{self.room_id}\0{self.reply_to_id or 0}\0{self.body}"
        return hashlib.blake2b(text.encode(), digest_size=16, key=settings.SECRET_KEY.encode()[:64]).digest()


SHOWN_OF_PEOPLE = ("username", "display_name", "avatar")
_NO_TEXT = re.compile("[\0\ud800-\udfff]")  # no database takes them

Result = Message | Refusal
Acknowledge = Callable[[Sequence[Draft], Sequence[Result]], None]


def post_messages(drafts: Sequence[Draft], acknowledge: Acknowledge | None = None) -> list[Result]:
    """Store these posts in one transaction; return for each its message, or why it was refused.

    A draft whose sender used its `client_id` before gets that first message (or Conflict, when it
    says something else). `acknowledge` is called after the commit and before anybody hears of it.
    Raises DatabaseError when nothing could be stored; then nothing was.
    """
    rendered = {draft.body: _rendered(draft.body) for draft in drafts}  # before any lock is held
    try:
        return _post(drafts, rendered, acknowledge)
    except IntegrityError:
        # Another process took one of the client_ids meanwhile, or a sender is gone: each for itself.
        return [_post_alone(draft, rendered, acknowledge) for draft in drafts]


def edit_message(*, actor: User, message_id: int, body: str) -> Message:
    """Replace the text of one's own message; the earlier text is kept as a revision."""
    check_body(body)
    html = render(body)
    with transaction.atomic():
        message, room = _held(actor, message_id)
        if message.sender_id != actor.pk:
            raise Forbidden("Only its writer may edit a message.")
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
        message.revisions.all().delete()
        message.body = message.html = ""
        message.fingerprint = b""
        message.reply_to = None
        message.deleted_at = timezone.now()
        _save_change(message, room)
    return message


def clear_history(*, user: User, room_id: int) -> int:
    """Hide what was written so far from this person alone. Returns the number up to which it is hidden."""
    membership = find_membership(user, room_id)
    seq = membership.room.last_seq
    with transaction.atomic():
        Membership.objects.filter(pk=membership.pk, cleared_seq__lt=seq).update(cleared_seq=seq, last_read_seq=seq)
        events.announce_cleared(user, membership.room)
    return seq


def check_body(body: str) -> None:
    """Raise Invalid or TooLong for a text that cannot be a message."""
    if len(body) > settings.CHAT_MAX_BODY:
        raise TooLong(f"body: at most {settings.CHAT_MAX_BODY} characters; this has {len(body)}.")
    if not body.strip():
        raise Invalid("body: write something.")
    if _NO_TEXT.search(body):
        raise Invalid("body: it holds a character that is no text.")


# -- helpers, in the order in which they are called ---------------------------------------------------


def _rendered(body: str) -> str | Refusal:
    try:
        check_body(body)
    except Refusal as refusal:
        return refusal
    return render(body)


@transaction.atomic
def _post(drafts: Sequence[Draft], rendered: dict[str, str | Refusal], acknowledge: Acknowledge | None) -> list[Result]:
    batch = _Batch(drafts, rendered)
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


class _Batch:
    """One transaction's drafts, checked against what the database holds under the rooms' locks."""

    def __init__(self, drafts: Sequence[Draft], rendered: dict[str, str | Refusal]) -> None:
        self.drafts = drafts
        self._rendered = rendered
        self.new: list[Message] = []
        room_ids = {draft.room_id for draft in drafts}
        self._rooms = {
            room.pk: room for room in Room.objects.select_for_update().filter(pk__in=room_ids).order_by("pk")
        }
        senders = {draft.sender_id for draft in drafts}
        memberships = Membership.objects.filter(user_id__in=senders, room_id__in=room_ids, user__is_active=True)
        self._members = set(memberships.values_list("user_id", "room_id"))
        self._senders = User.objects.only(*SHOWN_OF_PEOPLE).in_bulk(senders)
        client_ids = {draft.client_id for draft in drafts}
        earlier = Message.objects.complete().filter(sender_id__in=senders, client_id__in=client_ids)
        self._known = {(message.sender_id, message.client_id): message for message in earlier}
        targets = {draft.reply_to_id for draft in drafts if draft.reply_to_id}
        self._targets = Message.objects.select_related("sender").in_bulk(targets) if targets else {}

    def results(self) -> list[Result]:
        results = [self._result(draft) for draft in self.drafts]
        if self.new:
            insert(self.new)
            store_rooms({message.room_id: message.room for message in self.new}.values())
            # Who writes has read what is above.
            store_reads({(message.sender_id, message.room_id): message.seq for message in self.new})
        return results

    def _result(self, draft: Draft) -> Result:
        try:
            if (earlier := self._known.get(draft.key)) is not None:
                return _repeated(draft, earlier)
            message = self._message(draft)
        except Refusal as refusal:
            return refusal
        self._known[draft.key] = message
        self.new.append(message)
        return message

    def _message(self, draft: Draft) -> Message:
        html = self._rendered[draft.body]
        if isinstance(html, Refusal):
            raise html
        room = self._rooms.get(draft.room_id)
        is_member = (draft.sender_id, draft.room_id) in self._members
        if room is None or (not is_member and room.kind != Room.Kind.PUBLIC):
            raise NotFound(NO_ROOM)
        if not is_member:
            raise NotAMember("You are not in this room: join it first.")
        if room.is_archived:
            raise Archived
        reply_to = self._target(draft, room)
        room.last_seq += 1
        room.version += 1
        room.last_at = draft.at or timezone.now()
        return Message(
            room=room,
            seq=room.last_seq,
            version=room.version,
            sender=self._senders[draft.sender_id],
            client_id=draft.client_id,
            body=draft.body,
            html=html,
            fingerprint=draft.fingerprint,
            reply_to=reply_to,
            created_at=room.last_at,
        )

    def _target(self, draft: Draft, room: Room) -> Message | None:
        if not draft.reply_to_id:
            return None
        target = self._targets.get(draft.reply_to_id)
        if target is None or target.room_id != room.pk or target.deleted_at is not None:
            raise NotFound("reply_to: that message is not in this room.")
        return target


def _repeated(draft: Draft, earlier: Message) -> Message:
    if earlier.deleted_at is None and bytes(earlier.fingerprint) != draft.fingerprint:
        raise Conflict
    earlier.is_repeat = True
    return earlier


def _held(actor: User | None, message_id: int) -> tuple[Message, Room]:
    """A message this person may see, as it is now, with its room locked."""
    place = Message.objects.filter(pk=message_id).values_list("room_id", flat=True).first()
    if place is None:
        raise NotFound("There is no such message.")
    if actor is not None and not Room.objects.visible_to(actor).filter(pk=place).exists():
        raise NotFound("There is no such message.")
    room = Room.objects.select_for_update().filter(pk=place).first()
    message = Message.objects.complete().filter(pk=message_id, deleted_at__isnull=True).first()
    if room is None or message is None:
        raise NotFound("There is no such message.")
    return message, room


def _save_change(message: Message, room: Room) -> None:
    Room.objects.filter(pk=room.pk).update(version=F("version") + 1)
    message.version = room.version + 1
    message.save()
    events.announce_changed(message)
