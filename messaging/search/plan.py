"""Turns a query into an index lookup, conditions for the database, and a description of each term."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta, tzinfo
from typing import Any

from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.sql import Condition
from messaging.mentions.names import EVERYONE
from messaging.models import AddedMention, SavedMessage
from messaging.search.conditions import (
    IS_MENTION,
    IS_NO_MENTION,
    IS_READ,
    IS_UNREAD,
    has_reactions_except_by,
    is_not_saved_by,
    is_posted,
)
from messaging.search.dates import YEARS
from messaging.search.engines import engine
from messaging.search.entry import EDITED, PINNED, REACTION, REPLY, mention_fact, period_facts, room_fact, sender_fact
from messaging.search.expression import Expression, Options, Phrase, tokens
from messaging.search.names import find_partners, find_people, find_rooms
from messaging.search.query import Kind, Query, Term
from messaging.search.tokens import Run, is_vocabulary, runs
from messaging.search.vocabulary import LIMIT, Parts, words_starting
from rooms.models import Membership
from rooms.serializers import serialize_person

JSON = dict[str, Any]

_STATES = {"pinned": PINNED, "reply": REPLY, "edited": EDITED}


@dataclass
class Plan:
    """The index lookup and the database conditions for a query.

    conditions: conditions on messages that the index can't look up.
    message_ids: the ids of the only messages that may be found, newest first, or None. There are few.
    is_empty: whether nothing can be found, because the query names someone or something that doesn't exist.
    understood: a description of each term, for the page.
    """

    viewer: User
    zone: tzinfo
    today: date
    conditions: list[Condition] = field(default_factory=list)
    is_empty: bool = False
    understood: list[JSON] = field(default_factory=list)
    message_ids: list[int] | None = None
    _required: list[Options] = field(default_factory=list)
    _excluded: list[Phrase] = field(default_factory=list)
    _parts: Parts = field(default_factory=Parts)
    _first: date = date(YEARS[0], 1, 1)
    _end: date | None = None

    @property
    def expression(self) -> Expression:
        """The lookup. A query that only excludes messages looks up those of all years."""
        required = list(self._required)
        end = self._end or date(self.today.year + 2, 1, 1)
        if self._end or self._first.year > YEARS[0] or not required:
            required.append(tokens(*period_facts(self._first, end)) or tokens("y:0"))
        return Expression(tuple(required), tuple(self._excluded))

    def add(self, term: Term) -> None:
        """Add a term of the query."""
        described: JSON = {"kind": term.kind.value, "text": term.text, "typed": term.typed, "negated": term.is_negated}
        self.understood.append(described | (_ADD[term.kind](self, term) or {}))

    def require_rooms(self, room_ids: Iterable[int]) -> None:
        self._require(tokens(*map(room_fact, room_ids)))

    # -- words --------------------------------------------------------------------------------

    def _add_word(self, term: Term) -> JSON | None:
        found = list(runs(term.text))
        if not found:
            return None
        if term.is_negated:
            self._excluded.append(_phrase(found))
            return None
        *before, last = found
        words = [last.text] if last.is_paired else _completions(last, self._parts)
        leading = tuple(token for run in before for token in run.tokens)
        if last.is_paired:
            self._require(((*leading, *last.pairs),))
            return None
        self._require(tuple((*leading, word) for word in words))
        return {"is_partial": len(words) >= LIMIT}

    def _add_phrase(self, term: Term) -> None:
        if found := list(runs(term.text)):
            self._add_options((_phrase(found),), is_negated=term.is_negated)

    def _add_part(self, term: Term) -> JSON | None:
        found = list(runs(term.text))
        if len(found) != 1 or found[0].is_paired:
            self._add_phrase(term)
            return None
        words = self._parts.words_containing(found[0].text) or [found[0].tokens[0]]
        self._add_options(tokens(*words), is_negated=term.is_negated)
        return {"is_partial": len(words) >= LIMIT}

    # -- people and rooms ---------------------------------------------------------------------

    def _add_sender(self, term: Term) -> JSON:
        people = find_people(self.viewer, term.text)
        self._add_named([sender_fact(person.pk) for person in people], term)
        return _people(people) or _problem("no_person", _("There’s no one named “%(name)s”."), term)

    def _add_room(self, term: Term) -> JSON:
        rooms = find_rooms(self.viewer, term.text)
        self._add_named([room_fact(room.pk) for room in rooms], term)
        if not rooms:
            return _problem("no_room", _("There’s no room named “%(name)s”."), term)
        return {"rooms": [{"id": room.pk, "name": room.name} for room in rooms]}

    def _add_conversation(self, term: Term) -> JSON:
        people, rooms, are_together = find_partners(self.viewer, term.text)
        self._add_named([room_fact(room.pk) for room in rooms], term)
        if not people:
            return _problem("no_person", _("There’s no one named “%(name)s”."), term)
        if not rooms:
            return _problem("no_conversation", _("You have no direct messages with “%(name)s”."), term)
        return _people(people) | ({"are_together": True} if are_together else {})

    # -- properties ---------------------------------------------------------------------------

    def _add_feature(self, term: Term) -> None:
        fact = PINNED if term.text == "pin" else f"has:{term.text}"
        self._add_options(tokens(fact), is_negated=term.is_negated)
        if fact == REACTION and self.viewer.blocked_ids and not term.is_negated:
            self.conditions.append(has_reactions_except_by(self.viewer.blocked_ids))

    def _add_state(self, term: Term) -> None:
        if term.text == "saved":
            self._add_saved(term)
            return
        if term.text == "mention":
            self._add_mentions(term)
            return
        if term.text != "unread":
            self._add_options(tokens(_STATES[term.text]), is_negated=term.is_negated)
            return
        self.conditions.append(IS_READ if term.is_negated else IS_UNREAD)
        if not term.is_negated:
            has_added = Exists(AddedMention.objects.filter(user=self.viewer, room=OuterRef("room")))
            mine = Membership.objects.filter(Q(last_read_seq__lt=F("room__last_seq")) | has_added, user=self.viewer)
            room_ids = list(mine.values_list("room", flat=True)[: engine().MAX_ROOMS + 1])
            self.is_empty |= not room_ids
            if len(room_ids) <= engine().MAX_ROOMS:
                self.require_rooms(room_ids)

    def _add_mentions(self, term: Term) -> None:
        """Find messages of others that mention the viewer. Of those for everyone, the index finds too many."""
        self.conditions.append(IS_NO_MENTION if term.is_negated else IS_MENTION)
        if not term.is_negated:
            self._require(tokens(*(mention_fact(value) for value in (self.viewer.pk, *EVERYONE))))

    def _add_saved(self, term: Term) -> None:
        """The index doesn't contain what people saved, but they save only a limited number of messages."""
        if term.is_negated:
            self.conditions.append(is_not_saved_by(self.viewer))
        else:
            mine = SavedMessage.objects.filter(user=self.viewer)
            self.message_ids = list(mine.order_by("-message").values_list("message", flat=True))
            self.is_empty |= not self.message_ids

    def _add_dates(self, term: Term) -> JSON | None:
        if term.period is None:
            return None
        within = is_posted(term.kind, term.period, self.zone)
        self.conditions.append(within._replace(sql=f"NOT ({within.sql})") if term.is_negated else within)
        if not term.is_negated:
            day = timedelta(days=1)  # the days of facts are those of UTC
            if term.kind is not Kind.BEFORE:
                self._first = max(
                    self._first, (term.period.end if term.kind is Kind.AFTER else term.period.first) - day
                )
            if term.kind is not Kind.AFTER:
                last = (term.period.first if term.kind is Kind.BEFORE else term.period.end) + day
                self._end = last if self._end is None else min(self._end, last)
        return {"first": term.period.first.isoformat(), "end": term.period.end.isoformat()}

    # -- helpers, in the order in which they are called -----------------------------------------

    def _require(self, options: Options) -> None:
        """Require one of the options. Without any, nothing can be found, and the index couldn't be asked for it."""
        if options:
            self._required.append(options)
        else:
            self.is_empty = True

    def _add_options(self, options: Options, *, is_negated: bool) -> None:
        if is_negated:
            self._excluded += options
        elif options:
            self._require(options)

    def _add_named(self, facts: Sequence[str], term: Term) -> None:
        self._add_options(tokens(*facts), is_negated=term.is_negated)
        self.is_empty |= not facts and not term.is_negated


_ADD: dict[Kind, Callable[[Plan, Term], JSON | None]] = {
    Kind.WORD: Plan._add_word,
    Kind.PHRASE: Plan._add_phrase,
    Kind.PART: Plan._add_part,
    Kind.FROM: Plan._add_sender,
    Kind.IN: Plan._add_room,
    Kind.WITH: Plan._add_conversation,
    Kind.HAS: Plan._add_feature,
    Kind.IS: Plan._add_state,
    Kind.BEFORE: Plan._add_dates,
    Kind.AFTER: Plan._add_dates,
    Kind.ON: Plan._add_dates,
}


def make_plan(viewer: User, query: Query, *, zone: tzinfo, today: date) -> Plan:
    plan = Plan(viewer, zone, today)
    for term in query.terms:
        plan.add(term)
    plan.is_empty |= not query.terms
    return plan


def _phrase(found: Sequence[Run]) -> Phrase:
    *before, last = found
    return (*(token for run in before for token in run.tokens), *last.pairs)


def _completions(run: Run, parts: Parts) -> list[str]:
    """Return the words that start like this one, or else those that contain it."""
    [token] = run.tokens
    words = words_starting(token) or (parts.words_containing(token) if is_vocabulary(token) else [])
    return list(dict.fromkeys([token, *words]))


def _people(people: Sequence[User]) -> JSON:
    return {"people": [serialize_person(person) for person in people]} if people else {}


def _problem(code: str, text: str, term: Term) -> JSON:
    return {"problem": code, "message": text % {"name": term.text}}
