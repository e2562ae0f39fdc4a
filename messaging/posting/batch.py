"""One transaction's drafts, checked against what the database holds under the rooms' locks."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from accounts.models import blocklists_for
from messaging.attachments.claims import Claims
from messaging.errors import Conflict, TooLong
from messaging.models import Message
from messaging.posting.inserts import Key, insert, stored_before
from messaging.posting.slow_mode import Pace
from rooms.errors import Archived, Blocked, Forbidden, NotFound, Refusal
from rooms.models import Room
from rooms.permissions import NO_ROOM, closed_direct_rooms, refused_outsider
from rooms.room_state import MemberKey, Poster, RoomState, lock_rooms, members, store_reads, store_rooms


@dataclass(frozen=True, slots=True)
class Draft:
    """A post as it was asked for. `at` is for imports; otherwise it is the time of the commit."""

    sender_id: int
    room_id: int
    client_id: UUID
    body: str
    reply_to_id: int | None = None
    attachments: tuple[UUID, ...] = ()
    at: datetime | None = None

    @property
    def key(self) -> Key:
        return self.sender_id, self.client_id

    @property
    def place(self) -> MemberKey:
        return self.sender_id, self.room_id

    @property
    def fingerprint(self) -> bytes:
        """Tells whether two posts with one client_id are the same post."""
        text = f"{self.room_id}\0{self.reply_to_id or 0}\0{self.body}"
        if self.attachments:
            text += f"\0{' '.join(map(str, self.attachments))}"
        return hashlib.blake2b(text.encode(), digest_size=16, key=settings.SECRET_KEY.encode()[:64]).digest()


Result = Message | Refusal


class Batch:
    """Locks the drafts' rooms when it is made; `results` numbers and stores what can be stored.

    `rendered`: the HTML of each body, or why it cannot be a message.
    """

    def __init__(self, drafts: Sequence[Draft], rendered: Mapping[str, str | Refusal]) -> None:
        self._drafts = drafts
        self._rendered = rendered
        self.new: list[Message] = []
        self._rooms = lock_rooms(draft.room_id for draft in drafts)
        self._members = members(draft.place for draft in drafts)
        self._known = stored_before({draft.key for draft in drafts})
        direct = [room.pk for room in self._rooms.values() if room.kind == Room.Kind.DIRECT]
        self._closed = closed_direct_rooms(direct) if direct else set()
        self._has_slow = any(room.slow_seconds for room in self._rooms.values())
        self._pace = Pace({draft.place for draft in drafts if self._has_slow and self._is_slow(draft)})
        replies = [draft for draft in drafts if draft.reply_to_id]
        targets = {draft.reply_to_id for draft in replies}
        self._targets = Message.objects.select_related("sender").in_bulk(targets) if targets else {}
        self._claims = Claims([pk for draft in drafts for pk in draft.attachments])
        self._quiet = blocklists_for({draft.sender_id for draft in replies}) if replies else {}

    def results(self) -> list[Result]:
        results = [self._result(draft) for draft in self._drafts]
        if self.new:
            insert(self.new)
            self._claims.store()
            store_rooms(self._rooms[room_id] for room_id in {message.room_id for message in self.new})
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
        self._pace.note(message, draft.place)
        self.new.append(message)
        return message

    def _message(self, draft: Draft) -> Message:
        html = self._html(draft)
        room, seat = self._place(draft)
        attachments = self._claims.check(draft.attachments, draft.place)
        reply_to = self._target(draft, room)
        at = draft.at or timezone.now()
        if self._has_slow and self._is_slow(draft):
            self._pace.check(draft.place, room, at)
        room.last_seq += 1
        room.version += 1
        room.last_at = at
        message = Message(
            room_id=room.pk,
            seq=room.last_seq,
            version=room.version,
            sender=seat.user,
            client_id=draft.client_id,
            body=draft.body,
            html=html,
            fingerprint=draft.fingerprint,
            reply_to=reply_to,
            created_at=at,
        )
        self._claims.give(attachments, message)
        return message

    def _html(self, draft: Draft) -> str:
        """Files need no words."""
        html = self._rendered[draft.body]
        if not isinstance(html, Refusal):
            return html
        if draft.attachments and not draft.body.strip() and not isinstance(html, TooLong):
            return ""
        raise html

    def _place(self, draft: Draft) -> tuple[RoomState, Poster]:
        """Where it is said and who says it, if they may."""
        room, seat = self._rooms.get(draft.room_id), self._members.get(draft.place)
        if room is None:
            raise NotFound(NO_ROOM)
        if seat is None:
            raise refused_outsider(draft.sender_id, draft.room_id)
        if room.is_archived:
            raise Archived
        if room.pk in self._closed:
            raise Blocked
        if room.is_read_only and not seat.can_moderate:
            raise Forbidden("Only owners and moderators can post in this room.")
        return room, seat

    def _is_slow(self, draft: Draft) -> bool:
        """What is imported was said long ago."""
        room, seat = self._rooms.get(draft.room_id), self._members.get(draft.place)
        return bool(room and room.slow_seconds and seat and not seat.can_moderate and draft.at is None)

    def _target(self, draft: Draft, room: RoomState) -> Message | None:
        if not draft.reply_to_id:
            return None
        target = self._targets.get(draft.reply_to_id)
        if target is None or target.room_id != room.pk or target.deleted_at is not None or self._hides(draft, target):
            raise NotFound("That message is not in this room.", field="reply_to")
        return target

    def _hides(self, draft: Draft, target: Message) -> bool:
        return target.sender_id in self._quiet[draft.sender_id].blocked


def _repeated(draft: Draft, earlier: Message) -> Message:
    if earlier.deleted_at is None and bytes(earlier.fingerprint) != draft.fingerprint:
        raise Conflict
    earlier.is_repeat = True
    return earlier
