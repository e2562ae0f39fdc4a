"""Whether somebody is here, and how: on, away (nobody touches any of their pages), dnd, or off.

To others an invisible person is off; to themselves and to the administration they are here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import Case, CharField, Count, DateTimeField, Exists, OuterRef, Q, QuerySet, Value, When
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Connection, Status, User

ON, AWAY, DND, OFF = "on", "away", "dnd", "off"
LABELS = {ON: _("online"), AWAY: _("away"), DND: _("do not disturb"), OFF: _("offline")}
# For so long a change of name, picture or status text is looked for; longer than clocks differ.
RECENTLY = timedelta(minutes=2)

States = dict[int, str]


@dataclass(frozen=True, slots=True)
class Roster:
    """Who is here as others may know it (`states`), who is here at all, and whose changes were told."""

    states: States = field(default_factory=dict)
    here: frozenset[int] = frozenset()
    changed: Mapping[int, datetime] = field(default_factory=dict)

    def changes_since(self, earlier: "Roster") -> States:
        gone = dict.fromkeys(earlier.states.keys() - self.states.keys(), OFF)
        return gone | {pk: state for pk, state in self.states.items() if earlier.states.get(pk) != state}


def read_roster(earlier: Roster) -> tuple[Roster, list[User]]:
    """Who is here now, by one query; and the people whose look to others changed since `earlier`, by another."""
    here_or_changed = _here().union(_changed_recently(), all=True)
    states: States = {}
    here: set[int] = set()
    changed: dict[int, datetime] = {}
    for user_id, status, in_use, changed_at in here_or_changed:
        if changed_at is not None:
            changed[user_id] = changed_at
            continue
        here.add(user_id)
        if status != Status.INVISIBLE:
            states[user_id] = DND if status == Status.DND else ON if in_use else AWAY
    news = [pk for pk, changed_at in changed.items() if earlier.changed.get(pk) != changed_at]
    return Roster(states, frozenset(here), changed), list(User.objects.filter(pk__in=news)) if news else []


def presence_lists(states: States) -> dict[str, list[int]]:
    """As the protocol tells it: who is online and who is not; and of those online who is `away` or `dnd`."""
    lists: dict[str, list[int]] = {"online": [], "offline": []}
    for user_id, state in sorted(states.items()):
        lists["offline" if state == OFF else "online"].append(user_id)
        if state in (AWAY, DND):
            lists.setdefault(state, []).append(user_id)
    return lists


def is_online(viewer: User, person: str = "pk") -> Q:
    """Whether the person of a row is here as far as this viewer may know. `person`: the way to their id."""
    status = "status" if person == "pk" else f"{person}__status"
    visible = ~Q(**{status: Status.INVISIBLE}) | Q(**{person: viewer.pk})
    return visible & Q(Exists(Connection.objects.live().filter(user=OuterRef(person))))


def availability(viewer: User, person: str = "pk") -> Case:
    """The same with how they are here: one of the four words above, to annotate rows with."""
    status = "status" if person == "pk" else f"{person}__status"
    in_use = Exists(Connection.objects.live().filter(user=OuterRef(person), idle_since=None))
    return Case(
        When(~is_online(viewer, person), then=Value(OFF)),
        When(**{status: Status.DND}, then=Value(DND)),
        When(in_use, then=Value(ON)),
        default=Value(AWAY),
        output_field=CharField(),
    )


def _here() -> "QuerySet[Connection, tuple]":
    """(person, status, how many of their pages are in use, None) for each who has one open."""
    people = Connection.objects.live().order_by().values_list("user_id", "user__status")
    return people.annotate(in_use=Count("pk", filter=Q(idle_since=None)), at=Value(None, DateTimeField()))


def _changed_recently() -> "QuerySet[User, tuple]":
    """The same four columns, the last of them set."""
    recent = User.objects.filter(changed_at__gt=timezone.now() - RECENTLY).order_by()
    return recent.values_list("pk", "status", Value(0), "changed_at")
