"""Stores users' drafts for all of their devices. They are stored in batches, as many people write at once."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db import IntegrityError, models, transaction
from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from accounts.models import Blocklist, blocklists_for
from messaging.errors import TooLong, Unavailable
from messaging.history import events
from messaging.models import Message, RoomDraft
from messaging.posting.content import INVALID_CHARACTERS
from rooms.errors import Invalid, LimitReached, Refusal
from rooms.permissions import outsider_refusal
from rooms.room_state import MemberKey, Poster, find_posters

JSON = dict[str, Any]

MAX_DRAFTS = 50  # per user, because each new connection receives all of them


@dataclass(frozen=True, slots=True)
class DraftChange:
    """A user's request to store a draft. It is only stored if its version is still `known`."""

    user_id: int
    room_id: int
    body: str
    reply_to_id: int | None
    known: int

    @property
    def member_key(self) -> MemberKey:
        return self.user_id, self.room_id


def store_drafts(changes: Sequence[DraftChange]) -> list[JSON | Refusal]:
    """Store drafts in one transaction. Return, for each change, the draft that is now stored, or the refusal.

    If another device has changed the draft in the meantime, it stays as it is.
    """
    try:
        return _store(changes)
    except IntegrityError:  # another process has just created one of the drafts, or a room was deleted
        return [_store_alone(change) for change in changes]


def _store_alone(change: DraftChange) -> JSON | Refusal:
    for _attempt in range(2):
        try:
            return _store([change])[0]
        except IntegrityError:
            continue
    return Unavailable(retry_after=2)


@transaction.atomic
def _store(changes: Sequence[DraftChange]) -> list[JSON | Refusal]:
    members = find_posters({change.member_key for change in changes})
    users = {user_id for user_id, _room_id in members}
    batch = _Batch(
        members,
        drafts=_lock_drafts(members),
        counts=Counter(_unfinished(users).values_list("user_id", flat=True)),
        quoted=Message.objects.select_related("sender").in_bulk({change.reply_to_id for change in changes} - {None}),
        blocklists=blocklists_for(users),
    )
    results = [batch.apply(change) for change in changes]
    batch.store()
    return results


@dataclass(slots=True, eq=False)
class _Batch:
    """Changes with the rows needed to check them. `counts`: the number of unfinished drafts by user."""

    members: Mapping[MemberKey, Poster]
    drafts: dict[MemberKey, RoomDraft]
    counts: Counter[int]
    quoted: Mapping[int, Message]
    blocklists: Mapping[int, Blocklist]
    _changed: dict[MemberKey, RoomDraft] = field(default_factory=dict)

    def apply(self, change: DraftChange) -> JSON | Refusal:
        """Change the draft unless another device has. Return it, or the refusal."""
        key = change.member_key
        if key not in self.members:
            return outsider_refusal(*key)
        draft = self.drafts.get(key) or RoomDraft(user_id=change.user_id, room_id=change.room_id)
        try:
            _check(change, draft, self.counts[change.user_id])
        except Refusal as refusal:
            return refusal
        if change.known == draft.version:
            self._set(draft, change)
            self.drafts[key] = self._changed[key] = draft
        return self._serialized(key, draft)

    def store(self) -> None:
        """Store the changed drafts and publish them to the users' tabs."""
        changed = self._changed.values()
        RoomDraft.objects.bulk_create([draft for draft in changed if draft.pk is None])
        RoomDraft.objects.bulk_update(
            [draft for draft in changed if draft.version > 1], ["body", "reply_to", "version", "updated_at"]
        )
        for key, draft in self._changed.items():
            events.announce_draft(draft.user_id, self._serialized(key, draft))

    def _set(self, draft: RoomDraft, change: DraftChange) -> None:
        quoted = self.quoted.get(change.reply_to_id or 0)
        draft.body = change.body
        draft.reply_to = quoted if quoted is not None and quoted.room_id == change.room_id else None
        draft.version += 1
        draft.updated_at = timezone.now()

    def _serialized(self, key: MemberKey, draft: RoomDraft) -> JSON:
        return serialize_draft(draft, self.members[key], self.blocklists[draft.user_id])


def read_drafts(blocklists: dict[int, Blocklist]) -> dict[int, list[JSON]]:
    """Return the drafts of each user, the newest first. `blocklists`: by the users' ids."""
    drafts = list(_unfinished(blocklists).select_related("reply_to__sender").order_by("-updated_at"))
    members = find_posters((draft.user_id, draft.room_id) for draft in drafts) if drafts else {}
    serialized: dict[int, list[JSON]] = {}
    for draft in drafts:
        member = members.get((draft.user_id, draft.room_id))
        if member is not None:
            blocklist = blocklists[draft.user_id]
            serialized.setdefault(draft.user_id, []).append(serialize_draft(draft, member, blocklist))
    return serialized


def serialize_draft(draft: RoomDraft, member: Poster, blocklist: Blocklist) -> JSON:
    """Return a draft as described in docs/protocol.md, without the quote of a message that the user can't read."""
    quoted = draft.reply_to
    is_readable = (
        quoted is not None
        and quoted.deleted_at is None
        and quoted.seq > member.cleared_seq
        and quoted.sender_id not in blocklist.blocked
    )
    return {
        "room": draft.room_id,
        "version": draft.version,
        "body": draft.body,
        "reply_to": events.serialize_quote(quoted) if is_readable else None,
    }


def _unfinished(user_ids: Collection[int]) -> "models.QuerySet[RoomDraft]":
    return RoomDraft.objects.filter(user__in=user_ids).exclude(body="", reply_to=None)


def _lock_drafts(keys: Iterable[MemberKey]) -> dict[MemberKey, RoomDraft]:
    wanted = set(keys)
    found = RoomDraft.objects.select_for_update(of=("self",)).select_related("reply_to__sender").order_by("pk")
    found = found.filter(user__in={user for user, _room in wanted}, room__in={room for _user, room in wanted})
    return {key: draft for draft in found if (key := (draft.user_id, draft.room_id)) in wanted}


def _check(change: DraftChange, draft: RoomDraft, count: int) -> None:
    """Raise a Refusal if the draft is too long or there are too many."""
    if len(change.body) > settings.CHAT_MAX_BODY:
        text = _("Drafts of over {limit} characters stay in the browser.")
        raise TooLong(format_lazy(text, limit=settings.CHAT_MAX_BODY), field="body")
    if INVALID_CHARACTERS.search(change.body):
        raise Invalid(_("The draft contains an invalid character."), field="body")
    if draft.is_empty and (change.body or change.reply_to_id) and count >= MAX_DRAFTS:
        raise LimitReached(
            format_lazy(_("You have {limit} drafts. More of them stay in the browser."), limit=MAX_DRAFTS)
        )
