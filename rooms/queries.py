"""What the pages of rooms ask: which rooms there are to find, and who is in one."""

from dataclasses import dataclass

from django.db.models import Case, Count, Exists, IntegerField, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce
from django.utils.text import slugify

from accounts import usernames
from accounts.models import User
from accounts.presence.availability import availability, is_online
from rooms.models import Ban, BanQuerySet, Membership, Room, RoomQuerySet

PANEL_LIMIT = 100
SUGGESTIONS = 300


def browsable(user: User, *, query: str = "", show: str = "") -> RoomQuerySet:
    """The rooms a person can find, each with `member_count` and `is_joined`; `show` is joined or archived."""
    rooms = Room.objects.visible_to(user).exclude(kind=Room.Kind.DIRECT)
    if show == "joined":
        rooms = rooms.joined_by(user)
    rooms = rooms.filter(archived_at__isnull=False) if show == "archived" else rooms.active()
    return _matching(rooms, query).annotate(member_count=_member_count(user), is_joined=_is_joined(user)).by_activity()


def members_of(room: Room, *, viewer: User, sees_all: bool = False, query: str = "") -> "QuerySet[Membership]":
    """The people of a room, owners first, each with `availability` as this viewer may know it; without those whom
    they block, but for who `sees_all`."""
    members = Membership.objects.filter(room=room).select_related("user")
    members = members.annotate(availability=availability(viewer, "user"))
    if not sees_all:
        members = members.exclude(user__in=viewer.blocked_ids)
    if query:
        members = members.filter(_person_matches(query))
    return members.annotate(rank=_rank()).order_by("rank", "user__username_key")


def people_to_invite(room: Room, *, viewer: User) -> "QuerySet[User]":
    """Suggestions for a name: people with an account who are not in the room, nor banned from it."""
    inside = Membership.objects.filter(room=room, user=OuterRef("pk"))
    banned = Ban.objects.in_force().filter(room=room, user=OuterRef("pk"))
    people = User.objects.filter(~Exists(inside), ~Exists(banned), is_active=True).exclude(pk__in=viewer.blocked_ids)
    return people.order_by("username_key")[:SUGGESTIONS]


def people_to_block(user: User) -> "QuerySet[User]":
    """Suggestions for a name: everybody else whom this person does not block yet."""
    others = User.objects.filter(is_active=True).exclude(pk__in=[user.pk, *user.blocked_ids])
    return others.order_by("username_key")[:SUGGESTIONS]


def bans_in(room: Room) -> BanQuerySet:
    """Those in force, the newest first."""
    return Ban.objects.in_force().filter(room=room).select_related("user", "by").order_by("-created_at", "-pk")


def bans_of(user: User) -> BanQuerySet:
    """Those that keep this person out, the newest first."""
    in_force = Ban.objects.in_force() if not user.is_superuser else Ban.objects.none()
    return in_force.filter(user=user).select_related("room").order_by("-created_at", "-pk")


@dataclass(frozen=True)
class Presence:
    """Who of a room is here now and who is not: the first hundred of each, and how many there are."""

    here: list[User]
    here_count: int
    away: list[User]
    away_count: int

    @property
    def more_here(self) -> int:
        return self.here_count - len(self.here)

    @property
    def more_away(self) -> int:
        return self.away_count - len(self.away)


def presence_in(room: Room, *, viewer: User) -> Presence:
    """Three queries, however many people there are. Each has `availability`."""
    seen = User.objects.filter(memberships__room=room).exclude(pk__in=viewer.blocked_ids)
    people = seen.annotate(is_here=is_online(viewer))
    counts = people.aggregate(here=Count("pk", filter=Q(is_here=True)), all=Count("pk"))
    by_name = people.annotate(availability=availability(viewer)).order_by("username_key")
    return Presence(
        here=list(by_name.filter(is_here=True)[:PANEL_LIMIT]),
        here_count=counts["here"],
        away=list(by_name.filter(is_here=False)[:PANEL_LIMIT]),
        away_count=counts["all"] - counts["here"],
    )


def _matching(rooms: RoomQuerySet, query: str) -> RoomQuerySet:
    query = query.strip()
    if not query:
        return rooms
    matches = Q(name__icontains=query) | Q(topic__icontains=query)
    # SQLite folds the case of ASCII only; the slug was folded by Python.
    if slug := slugify(query, allow_unicode=True):
        matches |= Q(slug__contains=slug)
    return rooms.filter(matches)


def _member_count(user: User) -> Coalesce:
    seen = Membership.objects.filter(room=OuterRef("pk")).exclude(user__in=user.blocked_ids)
    counted = seen.order_by().values("room").annotate(n=Count("pk"))
    return Coalesce(Subquery(counted.values("n")), 0)


def _is_joined(user: User) -> Exists:
    return Exists(Membership.objects.filter(room=OuterRef("pk"), user=user))


def _person_matches(query: str) -> Q:
    return Q(user__username_key__contains=usernames.key(query)) | Q(user__display_name__icontains=query.strip())


def _rank() -> Case:
    order = (Membership.Role.OWNER, Membership.Role.MODERATOR)
    ranks = [When(role=role, then=Value(rank)) for rank, role in enumerate(order)]
    return Case(*ranks, default=Value(len(order)), output_field=IntegerField())
