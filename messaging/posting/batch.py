"""The drafts of one transaction, checked against rows that are read while the rooms are locked."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.bulk_sql import pipelined
from accounts.models import Blocklist, Person, blocklists_for
from messaging.attachments.claims import Claims
from messaging.errors import Conflict
from messaging.history.events import EncodedMessage, encode_message
from messaging.mentions.names import Mentionable, Text, find_mentionable
from messaging.mentions.rows import insert_mentions
from messaging.models import Message, NewMessage
from messaging.models.alias import Alias, encode_alias
from messaging.posting.content import render_content
from messaging.posting.due import DueMessages, ScheduleKey
from messaging.posting.inserts import PostKey, find_stored, insert_messages, last_posted_at
from messaging.posting.link_previews import insert_links, previewed_links
from messaging.posting.slow_mode import SlowModeClock
from messaging.rendering import EMPTY, Rendered
from messaging.search.index import index_messages
from messaging.threads.follows import NewFollow, insert_follows
from messaging.threads.roots import thread_of_reply_to
from rooms.errors import NotFound, Refusal
from rooms.models import Room
from rooms.permissions import NO_ROOM, closed_direct_rooms, outsider_refusal, posting_refusal
from rooms.room_state import (
    MemberKey,
    Poster,
    RoomState,
    find_guests,
    find_posters,
    lock_rooms,
    store_read_markers,
    store_rooms,
)


@dataclass(slots=True, eq=False)
class Draft:
    """A message to post.

    at: the time at which an imported message was written, or None for the current time.
    content: the rendered body, or the refusal if it can't be posted, or None if it hasn't been rendered yet.
    scheduled: the scheduled message that is posted, which is deleted in the same transaction.
    is_exempt: whether slow mode and the limit to moderators don't apply, as for the room's webhooks.
    mentions_everyone: whether `@room` and `@here` are mentions. Otherwise, they are text.
    alias: the name and emoji with which a bot's message is shown, or None. It isn't a part of the fingerprint.
    is_guest: whether the sender needn't be a member, as the bots of commands that can be run everywhere.
    """

    sender_id: int
    room_id: int
    client_id: UUID
    body: str
    reply_to_id: int | None = None
    attachments: tuple[UUID, ...] = ()
    at: datetime | None = None
    content: Rendered | Refusal | None = None
    scheduled: ScheduleKey | None = None
    is_exempt: bool = False
    mentions_everyone: bool = True
    alias: Alias | None = None
    is_guest: bool = False

    def render(self) -> None:
        """Set `content`, unless it is set."""
        if self.content is None:
            self.content = render_content(self.body, may_be_empty=bool(self.attachments))

    @property
    def post_key(self) -> PostKey:
        return self.sender_id, self.client_id

    @property
    def member_key(self) -> MemberKey:
        return self.sender_id, self.room_id

    @property
    def fingerprint(self) -> bytes:
        """A digest of the post's content. Two posts with the same `client_id` are the same if their digests match."""
        text = f"{self.room_id}\0{self.reply_to_id or 0}\0{self.body}"
        if self.attachments:
            text += f"\0{' '.join(map(str, self.attachments))}"
        return hashlib.blake2b(text.encode(), digest_size=16).digest()


@dataclass(frozen=True, slots=True)
class StoredPost:
    """A draft's message.

    is_repeat: whether it was stored before.
    own_json: the message as sent to its sender.
    outsiders: the people whom a new message mentions and who aren't in its room.
    """

    message: Message | NewMessage
    is_repeat: bool
    own_json: str
    outsiders: Sequence[Person] = ()


Result = StoredPost | Refusal


@dataclass(slots=True)
class Batch:
    """Drafts with the locked rows needed to check them. Use `lock_and_load` to create a batch.

    `encoded`: the new messages, once they are stored. `follows`: the threads that people follow because of them.
    """

    drafts: Sequence[Draft]
    rooms: dict[int, RoomState]
    posters: dict[MemberKey, Poster]
    posted: dict[PostKey, Message | NewMessage]
    closed_rooms: set[int]
    slow_mode: SlowModeClock
    reply_targets: Mapping[int, Message]
    claims: Claims
    due: DueMessages
    blocklists: Mapping[int, Blocklist]
    mentionable: Mentionable
    encoded: dict[Message | NewMessage, EncodedMessage] = field(default_factory=dict)
    follows: list[NewFollow] = field(default_factory=list)
    _new: list[NewMessage] = field(default_factory=list)
    _now: datetime = field(default_factory=timezone.now)

    def store(self) -> list[Result]:
        """Number and insert all drafts that can be posted. Return a result for each draft."""
        checked = [self._check(draft) for draft in self.drafts]
        if self._new:
            insert_messages(self._new)
            self.claims.store()
            self.follows = insert_follows(self._new, self.mentionable)
            with pipelined():
                insert_mentions(self._new, self.mentionable)
                store_rooms(self.rooms[room_id] for room_id in {message.room_id for message in self._new})
                # Posting marks the room as read.
                store_read_markers({(message.sender_id, message.room_id): message.seq for message in self._new})
                insert_links(self._new)
                index_messages(self._new)
                self.encoded = {message: encode_message(message) for message in self._new}
        self.due.delete(
            draft.scheduled
            for draft, each in zip(self.drafts, checked, strict=True)
            if draft.scheduled is not None and not isinstance(each, Refusal)
        )
        return [each if isinstance(each, Refusal) else self._stored(*each) for each in checked]

    def _check(self, draft: Draft) -> tuple[Message | NewMessage, bool] | Refusal:
        """Return the draft's message and whether it is a repeat, or return the refusal."""
        try:
            if (earlier := self.posted.get(draft.post_key)) is not None:
                return _require_same(draft, earlier), True
            message = self._number(draft)
        except Refusal as refusal:
            return refusal
        self.posted[draft.post_key] = message
        self.slow_mode.note(message, draft.member_key)
        self._new.append(message)
        return message, False

    def _stored(self, message: Message | NewMessage, is_repeat: bool) -> StoredPost:
        own_json = (self.encoded.get(message) or encode_message(message)).own
        if is_repeat or not message.mentions:
            return StoredPost(message, is_repeat, own_json)
        outsiders = self.mentionable.outsiders(message.mentions, message.room_id)
        return StoredPost(message, is_repeat, own_json, outsiders)

    def _number(self, draft: Draft) -> NewMessage:
        """Return the draft's message, which isn't inserted yet, with the next number in its room."""
        if isinstance(draft.content, Refusal):
            raise draft.content
        if draft.scheduled is not None:
            self.due.require_current(draft.scheduled)
        content = draft.content or EMPTY
        room, poster = self._require_poster(draft)
        attachments = self.claims.find(draft.attachments, draft.member_key) if draft.attachments else ()
        reply_to = self._reply_target(draft, room)
        at = draft.at or self._now
        if _is_slowed(draft, room, poster):
            self.slow_mode.check(draft.member_key, room, at)
        text = Text(draft.sender_id, room.pk, content)
        html, mentions = self.mentionable.resolve(text, with_everyone=draft.mentions_everyone)
        may_mention_many = poster.can_moderate or (draft.is_exempt and draft.mentions_everyone)
        self.mentionable.check(mentions, room.pk, can_moderate=may_mention_many)
        room.last_seq += 1
        room.version += 1
        room.last_at = at
        message = NewMessage(
            room_id=room.pk,
            seq=room.last_seq,
            version=room.version,
            sender=poster.user,
            client_id=draft.client_id,
            body=draft.body,
            html=html,
            excerpt=content.excerpt,
            mentions=mentions,
            links=previewed_links(content, room),
            fingerprint=draft.fingerprint,
            reply_to=reply_to,
            thread_id=thread_of_reply_to(reply_to) if reply_to else None,
            created_at=at,
            alias=encode_alias(draft.alias),
        )
        if attachments:
            self.claims.assign(attachments, message)
        return message

    def _require_poster(self, draft: Draft) -> tuple[RoomState, Poster]:
        """Return the draft's room and sender. Raises a Refusal if the sender may not post there."""
        room, poster = self.rooms.get(draft.room_id), self.posters.get(draft.member_key)
        if room is None:
            raise NotFound(NO_ROOM)
        if poster is None:
            raise outsider_refusal(draft.sender_id, draft.room_id)
        refusal = posting_refusal(room, poster, is_closed=room.pk in self.closed_rooms)
        if refusal and not (draft.is_exempt and room.is_read_only and not room.is_archived):
            raise refusal
        return room, poster

    def _reply_target(self, draft: Draft, room: RoomState) -> Message | None:
        if not draft.reply_to_id:
            return None
        target = self.reply_targets.get(draft.reply_to_id)
        if (
            target is None
            or target.room_id != room.pk
            or target.deleted_at is not None
            or target.sender_id in self.blocklists[draft.sender_id].blocked
        ):
            raise NotFound(_("The message you’re replying to isn’t in this room."), field="reply_to")
        return target


def find_mentionable_in(drafts: Sequence[Draft]) -> Mentionable:
    """Look up the people whom rendered drafts mention. This needs no lock."""
    return find_mentionable(
        Text(draft.sender_id, draft.room_id, draft.content) for draft in drafts if isinstance(draft.content, Rendered)
    )


def lock_and_load(drafts: Sequence[Draft], mentionable: Mentionable) -> Batch:
    """Lock the drafts' rooms, then their attachments, and load everything needed to check the drafts.

    Must be called in a transaction. Runs three queries, plus one each for any direct rooms, rooms in slow mode,
    attachments and scheduled messages, and two for any replies.
    """
    rooms = lock_rooms(draft.room_id for draft in drafts)
    posters = find_posters(draft.member_key for draft in drafts)
    replies = [draft for draft in drafts if draft.reply_to_id]
    targets = {draft.reply_to_id for draft in replies}
    direct = [room.pk for room in rooms.values() if room.kind == Room.Kind.DIRECT]
    return Batch(
        drafts,
        rooms,
        find_guests(draft.member_key for draft in drafts if draft.is_guest) | posters,
        posted=find_stored({draft.post_key for draft in drafts}),
        closed_rooms=closed_direct_rooms(direct) if direct else set(),
        slow_mode=_slow_mode_clock(drafts, rooms, posters),
        reply_targets=Message.objects.select_related("sender").in_bulk(targets) if targets else {},
        claims=Claims.lock([pk for draft in drafts for pk in draft.attachments]),
        due=DueMessages.lock([draft.scheduled for draft in drafts if draft.scheduled is not None]),
        blocklists=blocklists_for({draft.sender_id for draft in replies}) if replies else {},
        mentionable=mentionable,
    )


def _slow_mode_clock(
    drafts: Sequence[Draft], rooms: Mapping[int, RoomState], posters: Mapping[MemberKey, Poster]
) -> SlowModeClock:
    if not any(room.slow_seconds for room in rooms.values()):
        return SlowModeClock({})
    keys = {
        draft.member_key
        for draft in drafts
        if (room := rooms.get(draft.room_id)) is not None
        and (poster := posters.get(draft.member_key)) is not None
        and _is_slowed(draft, room, poster)
    }
    return SlowModeClock(last_posted_at(keys) if keys else {})


def _is_slowed(draft: Draft, room: RoomState, poster: Poster) -> bool:
    """Imported messages and those of webhooks are exempt from slow mode."""
    return bool(room.slow_seconds and not poster.can_moderate and draft.at is None and not draft.is_exempt)


def _require_same(draft: Draft, earlier: Message | NewMessage) -> Message | NewMessage:
    if earlier.deleted_at is None and draft.fingerprint != bytes(earlier.fingerprint):
        raise Conflict
    return earlier
