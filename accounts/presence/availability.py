"""The availability of users: on, away (none of their pages is in use), dnd (do not disturb) or off.

An invisible user appears as off to other users, but not to themselves or to admins.
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
# The age up to which changes of names, avatars and statuses are read. Must exceed the difference between hosts' clocks.
CHANGES_WITHIN = timedelta(minutes=2)

States = dict[int, str]


@dataclass(frozen=True, slots=True)
class PresenceSnapshot:
    """The presence of all users at a point in time.

    `states`: availabilities by user id, without offline and invisible users. `online`: the ids of all users online.
    `changed`: the times of recent profile changes by user id. `bots`: the ids of those online who are bots.
    """

    states: States = field(default_factory=dict)
    online: frozenset[int] = frozenset()
    changed: Mapping[int, datetime] = field(default_factory=dict)
    bots: frozenset[int] = frozenset()

    def changes_since(self, earlier: "PresenceSnapshot") -> States:
        offline = dict.fromkeys(earlier.states.keys() - self.states.keys(), OFF)
        return offline | {pk: state for pk, state in self.states.items() if earlier.states.get(pk) != state}


def read_snapshot(earlier: PresenceSnapshot) -> tuple[PresenceSnapshot, list[User]]:
    """Return the current snapshot and the users whose profiles changed since `earlier`, in at most two queries."""
    online_or_changed = _online().union(_recently_changed(), all=True)
    states: States = {}
    online: set[int] = set()
    bots: set[int] = set()
    changed: dict[int, datetime] = {}
    for user_id, status, is_bot, pages_in_use, changed_at in online_or_changed:
        if changed_at is not None:
            changed[user_id] = changed_at
            continue
        online.add(user_id)
        if is_bot:
            bots.add(user_id)
        if status != Status.INVISIBLE:
            states[user_id] = DND if status == Status.DND else ON if pages_in_use else AWAY
    new = [pk for pk, changed_at in changed.items() if earlier.changed.get(pk) != changed_at]
    people = list(User.objects.filter(pk__in=new)) if new else []
    return PresenceSnapshot(states, frozenset(online), changed, frozenset(bots)), people


def presence_lists(states: States) -> dict[str, list[int]]:
    """Return the protocol's lists of user ids: `online`, `offline`, and the `away` and `dnd` subsets of `online`."""
    lists: dict[str, list[int]] = {"online": [], "offline": []}
    for user_id, state in sorted(states.items()):
        lists["offline" if state == OFF else "online"].append(user_id)
        if state in (AWAY, DND):
            lists.setdefault(state, []).append(user_id)
    return lists


def is_online(viewer: User, person: str = "pk") -> Q:
    """Return a condition for rows whose user is online as shown to `viewer`. `person` is the path to the user's id."""
    status = "status" if person == "pk" else f"{person}__status"
    visible = ~Q(**{status: Status.INVISIBLE}) | Q(**{person: viewer.pk})
    return visible & Q(Exists(Connection.objects.live().filter(user=OuterRef(person))))


def availability(viewer: User, person: str = "pk") -> Case:
    """Return an annotation with the availability of a row's user as shown to `viewer`."""
    status = "status" if person == "pk" else f"{person}__status"
    in_use = Exists(Connection.objects.live().filter(user=OuterRef(person), idle_since=None))
    return Case(
        When(~is_online(viewer, person), then=Value(OFF)),
        When(**{status: Status.DND}, then=Value(DND)),
        When(in_use, then=Value(ON)),
        default=Value(AWAY),
        output_field=CharField(),
    )


def _online() -> "QuerySet[Connection, tuple]":
    """Return rows of user id, status, whether it is a bot, number of pages in use, and None, for each user online."""
    people = Connection.objects.live().order_by().values_list("user_id", "user__status", "user__is_bot")
    return people.annotate(in_use=Count("pk", filter=Q(idle_since=None)), at=Value(None, DateTimeField()))


def _recently_changed() -> "QuerySet[User, tuple]":
    """Return rows of the same five columns, with the time of the change, for each recently changed profile."""
    recent = User.objects.filter(changed_at__gt=timezone.now() - CHANGES_WITHIN).order_by()
    return recent.values_list("pk", "status", "is_bot", Value(0), "changed_at")
