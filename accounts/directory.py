"""The list of people, with a search by name and filters by role and last activity.

Invisible people appear offline, and those who hide their last activity are in no filter that would reveal it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import reduce
from operator import or_

from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.models import Connection, NamePart, Status, User
from accounts.presence.availability import availability
from accounts.unicode.folding import fold

ADMINS = "admins"
NOW, TODAY, WEEK, NOT_FOR_A_MONTH = "now", "today", "week", "inactive"
BY_ACTIVITY = "activity"
MAX_WORDS = 5

PeopleQuerySet = QuerySet[User]


class PeopleList:
    """A concatenation of querysets for a paginator. The people on a page are annotated with `availability`.

    Their ids are found in a subquery: with the annotation in the same query, PostgreSQL took 1.8 s for the last of
    1,000 pages, since it computes it for all people on the pages before.
    """

    def __init__(self, viewer: User, *parts: PeopleQuerySet) -> None:
        self._viewer = viewer
        self._parts = parts
        self._counts = [part.count() for part in parts]

    def count(self) -> int:
        return sum(self._counts)

    def __getitem__(self, wanted: slice) -> list[User]:
        return [person for part in self._slices(wanted.start, wanted.stop) for person in self._annotated(part)]

    def _annotated(self, part: PeopleQuerySet) -> PeopleQuerySet:
        people = User.objects.filter(pk__in=part.values("pk")).order_by(*part.query.order_by)
        return people.annotate(availability=availability(self._viewer))

    def _slices(self, start: int, stop: int) -> Iterator[PeopleQuerySet]:
        for part, count in zip(self._parts, self._counts, strict=True):
            if start < count and stop > 0:
                yield part[max(0, start) : min(stop, count)]
            start, stop = start - count, stop - count


def list_people(viewer: User, *, query: str = "", role: str = "", active: str = "", order: str = "") -> PeopleList:
    """Return active people, without those whom the viewer blocks."""
    people = User.objects.filter(is_active=True).exclude(pk__in=viewer.blocked_ids)
    if query:
        people = _named(people, query)
    if role == ADMINS:
        people = people.filter(is_staff=True)
    groups = _groups(viewer, active)
    if order == BY_ACTIVITY:
        return PeopleList(viewer, *(people.filter(group.condition).order_by(*group.order) for group in groups))
    if active:
        people = people.filter(reduce(or_, (group.condition for group in groups)))
    return PeopleList(viewer, people.order_by("username_key"))


@dataclass(frozen=True)
class _Group:
    condition: Q
    order: tuple[str, ...] = ("username_key",)


def _groups(viewer: User, active: str) -> list[_Group]:
    """Return disjoint groups in the order of their last activity: online, seen at a known time, and others."""
    online = _online(viewer)
    seen = ~online & Q(hides_last_seen=False, last_seen_at__isnull=False)
    by_time = ("-last_seen_at", "username_key")
    if active == NOW:
        return [_Group(online)]
    if active in (TODAY, WEEK):
        return [_Group(online), _Group(seen & Q(last_seen_at__gte=_start_of(active)), by_time)]
    if active == NOT_FOR_A_MONTH:
        start = _start_of(active)
        never = ~online & Q(hides_last_seen=False, last_seen_at=None, date_joined__lt=start)
        return [_Group(seen & Q(last_seen_at__lt=start), by_time), _Group(never)]
    return [_Group(online), _Group(seen, by_time), _Group(~online & (Q(hides_last_seen=True) | Q(last_seen_at=None)))]


def _online(viewer: User) -> Q:
    """Like `is_online`, but reads all connections at once, which is faster for a condition on most people."""
    visible = ~Q(status=Status.INVISIBLE) | Q(pk=viewer.pk)
    return visible & Q(pk__in=Connection.objects.live().order_by().values("user"))


def _start_of(active: str) -> datetime:
    now = timezone.localtime()
    if active == TODAY:
        return now.replace(hour=0, minute=0, second=0, microsecond=0)
    return now - timedelta(days=7 if active == WEEK else 30)


def _named(people: PeopleQuerySet, query: str) -> PeopleQuerySet:
    """Keep people whose names contain, for each word of the query, a word that starts with it."""
    words = fold(query).split()[:MAX_WORDS]
    if not words:
        return people.none()
    for word in words:
        people = people.filter(pk__in=NamePart.objects.starting_with(word).order_by().values("user"))
    return people
