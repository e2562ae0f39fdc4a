"""Finds messages: the newest first, or the best of the newest.

The index is read in portions of hits, from the newest on. PostgreSQL has to sort them, so there it is also read in
windows of message ids, each larger than the one before. For each portion, a query selects the messages that the
viewer may see. Common words are therefore found as fast as rare ones, and every search is limited in time: after
SECONDS, it returns the messages found so far and the position from which to continue.
"""

from dataclasses import dataclass
from datetime import date, tzinfo
from time import perf_counter
from typing import Any

from django.utils import timezone

from accounts.models import User
from accounts.sql import fetch, table
from messaging.attachments.serializers import attachments_of
from messaging.history import journal
from messaging.models import Message, MessageRow
from messaging.search.engines import engine
from messaging.search.highlights import Highlighter
from messaging.search.plan import Plan, make_plan
from messaging.search.query import Query
from messaging.search.ranking import best_first
from rooms.models import Membership
from rooms.rows import visible_room_ids

PAGE = 25
BEST_OF = 200  # of the newest hits, those that match best are shown
SECONDS = 0.25

LARGEST_WINDOW, GROWTH = 1 << 20, 8
FIRST_PORTION, LARGEST_PORTION = 60, 500  # hits
# For members of up to FEW_ROOMS, the index lookup is limited to their rooms. For others, this happens only if less than
# FEW_VISIBLE of the first OF_HITS hits are visible, because looking up many rooms is slower than filtering the hits.
FEW_ROOMS = 5
FEW_VISIBLE, OF_HITS = 0.2, 50


@dataclass(frozen=True, slots=True)
class Found:
    """A page of results.

    highlights: for each message, the words for which it was found, spelled as in it.
    understood: a description of each term of the query.
    next: the `before` of the next page, or None if there are no more.
    """

    messages: list[MessageRow]
    highlights: list[list[str]]
    understood: list[dict[str, Any]]
    next: int | None


def search(
    viewer: User, query: Query, *, zone: tzinfo, today: date, before: int | None = None, best: bool = False
) -> Found:
    """Return messages with ids lower than `before` that the viewer sees. `best`: order them by how well they match."""
    plan = make_plan(viewer, query, zone=zone, today=today)
    if plan.is_empty:
        return Found([], [], plan.understood, None)
    hits = _Hits(plan, before)
    messages = journal.read_messages(hits.take(BEST_OF if best else PAGE))
    if best:
        messages = best_first(messages, query.words, timezone.now())[:PAGE]
    highlighter = Highlighter(query.words)
    return Found(messages, [highlighter.spellings(_text(each)) for each in messages], plan.understood, hits.next)


class _Hits:
    """The visible messages that a plan finds. `next`: the id below which to go on, or None at the end."""

    def __init__(self, plan: Plan, before: int | None) -> None:
        self._plan = plan
        self._visible = journal.VisibleMessages(plan.viewer, plan.conditions)
        self._deadline = perf_counter() + SECONDS
        self._window, self._portion = engine().FIRST_WINDOW, FIRST_PORTION
        self._probed = 0
        self._has_rooms = False
        newest, self._has_few_rooms = _newest_and_few_rooms(plan.viewer)
        top = newest + 1
        self.next: int | None = top if before is None else min(before, top)

    def take(self, count: int) -> list[int]:
        """Return the ids of the next hits, newest first. There may be fewer, although there are more."""
        found: list[int] = []
        if self._has_few_rooms:
            self._require_rooms()
        while self.next is not None and len(found) <= count and perf_counter() < self._deadline:
            found += self._take_portion(self.next)
            if self._probed >= OF_HITS and len(found) < FEW_VISIBLE * self._probed:
                self._require_rooms()
        if len(found) > count:
            self.next = found[count - 1]
        return found[:count]

    def _require_rooms(self) -> None:
        """Look up only messages in rooms that the viewer sees, unless there are too many."""
        if not self._has_rooms:
            most = engine().MAX_ROOMS
            room_ids = visible_room_ids(self._plan.viewer, limit=most + 1)
            if len(room_ids) <= most:
                self._plan.require_rooms(room_ids)
            if self._plan.is_empty:
                self.next = None
        self._has_rooms = True

    def _take_portion(self, high: int) -> list[int]:
        if self._plan.message_ids is not None:
            return self._take_listed(high, self._plan.message_ids)
        low = engine().start_of_window(high, self._window)
        ids: list[int] | None = None
        with engine().reading():
            ids = engine().probe(self._plan.expression, low, high, self._portion)
        if ids is None:  # it took too long
            self._deadline = 0
            return []
        self._probed += len(ids)
        if len(ids) == self._portion:
            self.next, self._portion = ids[-1], LARGEST_PORTION
        else:
            self.next = low or None
            self._window = min(GROWTH * self._window, LARGEST_WINDOW)
        if not ids:
            return []
        return self._visible.among(ids)

    def _take_listed(self, high: int, message_ids: list[int]) -> list[int]:
        """Look up the next of these messages."""
        ids = [each for each in message_ids if each < high][:FIRST_PORTION]
        found: list[int] | None = None
        with engine().reading():
            found = engine().probe_among(self._plan.expression, ids)
        if found is None:  # it took too long
            self._deadline = 0
            return []
        self.next = ids[-1] if len(ids) == FIRST_PORTION else None
        return self._visible.among(found) if found else []


def _newest_and_few_rooms(viewer: User) -> tuple[int, bool]:
    """Return the highest id of a message, and whether the viewer is in up to FEW_ROOMS rooms."""
    sql = (
        f"SELECT (SELECT MAX(id) FROM {table(Message)}), (SELECT COUNT(*) FROM "  # noqa: S608
        f"(SELECT 1 FROM {table(Membership)} WHERE user_id = %s LIMIT {FEW_ROOMS + 1}) AS joined)"
    )
    [(newest, joined)] = fetch(sql, [viewer.pk])
    return newest or 0, joined <= FEW_ROOMS


def _text(message: MessageRow) -> str:
    """Return the text in which words are highlighted."""
    if not message.files:
        return message.body
    return "\n".join((message.body, *(file["name"] for file in attachments_of(message))))
