"""Queries for the room pages: rooms to browse, members and bans."""

from dataclasses import dataclass

from django.db.models import Case, Count, Exists, IntegerField, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce
from django.utils.text import slugify

from accounts import usernames
from accounts.models import User
from accounts.presence.availability import availability, is_online
from accounts.sql import fetch, placeholders, table
from rooms.models import Ban, BanQuerySet, Membership, Room, RoomQuerySet

PANEL_LIMIT = 100


def browsable(user: User, *, query: str = "", show: str = "") -> RoomQuerySet:
    """Return the rooms that a user can browse, each with `member_count` and `is_joined`.

    show: 'joined' or 'archived' to return only those rooms. Archived rooms are otherwise excluded.
    """
    rooms = Room.objects.visible_to(user).named()
    if show == "joined":
        rooms = rooms.joined_by(user)
    rooms = rooms.filter(archived_at__isnull=False) if show == "archived" else rooms.active()
    return _matching(rooms, query).annotate(member_count=_member_count(user), is_joined=_is_joined(user)).by_activity()


def members_of(room: Room, *, viewer: User, includes_blocked: bool = False, query: str = "") -> "QuerySet[Membership]":
    """Return a room's memberships, owners first, each with its user's `availability` as shown to the viewer."""
    members = Membership.objects.filter(room=room).select_related("user")
    members = members.annotate(availability=availability(viewer, "user"))
    if not includes_blocked:
        members = members.exclude(user__in=viewer.blocked_ids)
    if query:
        members = members.filter(_person_matches(query))
    return members.annotate(rank=_rank()).order_by("rank", "user__username_key")


def count_members(room_id: int, *, viewer: User) -> int:
    """Return the number of a room's members, without those whom the viewer blocks."""
    blocked = viewer.blocked_ids
    sql = f"SELECT COUNT(*) FROM {table(Membership)} WHERE room_id = %s"  # noqa: S608
    if blocked:
        sql += f" AND user_id NOT IN ({placeholders(len(blocked))})"
    [(count,)] = fetch(sql, [room_id, *blocked])
    return int(count)


def bans_in(room: Room) -> BanQuerySet:
    """Return the bans in force in a room, with the latest first."""
    return Ban.objects.in_force().filter(room=room).select_related("user", "by").order_by("-created_at", "-pk")


def bans_of(user: User) -> BanQuerySet:
    """Return the bans in force against a user, with the latest first."""
    in_force = Ban.objects.in_force() if not user.is_superuser else Ban.objects.none()
    return in_force.filter(user=user).select_related("room").order_by("-created_at", "-pk")


@dataclass(frozen=True)
class RoomPresence:
    """The first PANEL_LIMIT online and offline members of a room, and of its bots, and the number of each."""

    online: list[User]
    online_count: int
    offline: list[User]
    offline_count: int
    bots: list[User]
    bot_count: int

    @property
    def more_online(self) -> int:
        return self.online_count - len(self.online)

    @property
    def more_offline(self) -> int:
        return self.offline_count - len(self.offline)

    @property
    def more_bots(self) -> int:
        return self.bot_count - len(self.bots)


def presence_in(room: Room, *, viewer: User, is_connected: bool = False) -> RoomPresence:
    """Load the online and offline members, annotated with `availability`, in three queries, and any bots in another.

    `is_connected`: whether the viewer is known to be online, even if their connection hasn't been stored yet.
    """
    visible = User.objects.filter(memberships__room=room).exclude(pk__in=viewer.blocked_ids)
    members = visible.annotate(is_online=is_online(viewer) | Q(pk=viewer.pk) if is_connected else is_online(viewer))
    people = Q(is_bot=False)
    counts = members.aggregate(
        online=Count("pk", filter=people & Q(is_online=True)),
        people=Count("pk", filter=people),
        bots=Count("pk", filter=~people),
    )
    by_name = members.annotate(availability=availability(viewer)).order_by("username_key")
    return RoomPresence(
        online=list(by_name.filter(people, is_online=True)[:PANEL_LIMIT]),
        online_count=counts["online"],
        offline=list(by_name.filter(people, is_online=False)[:PANEL_LIMIT]),
        offline_count=counts["people"] - counts["online"],
        bots=list(by_name.filter(~people)[:PANEL_LIMIT]) if counts["bots"] else [],
        bot_count=counts["bots"],
    )


def shared_rooms(viewer: User, other: User) -> RoomQuerySet:
    """Return the rooms of which both are members, without conversations."""
    rooms = Room.objects.joined_by(viewer).active().named()
    return rooms.filter(Exists(Membership.objects.filter(room=OuterRef("pk"), user=other))).by_activity()


def _matching(rooms: RoomQuerySet, query: str) -> RoomQuerySet:
    query = query.strip()
    if not query:
        return rooms
    matches = Q(name__icontains=query) | Q(topic__icontains=query)
    # SQLite only ignores the case of ASCII letters, but slugs are lowercased by Python.
    if slug := slugify(query, allow_unicode=True):
        matches |= Q(slug__contains=slug)
    return rooms.filter(matches)


def _member_count(user: User) -> Coalesce:
    visible = Membership.objects.filter(room=OuterRef("pk")).exclude(user__in=user.blocked_ids)
    counted = visible.order_by().values("room").annotate(n=Count("pk"))
    return Coalesce(Subquery(counted.values("n")), 0)


def _is_joined(user: User) -> Exists:
    return Exists(Membership.objects.filter(room=OuterRef("pk"), user=user))


def _person_matches(query: str) -> Q:
    return Q(user__username_key__contains=usernames.key(query)) | Q(user__display_name__icontains=query.strip())


def _rank() -> Case:
    order = (Membership.Role.OWNER, Membership.Role.MODERATOR)
    ranks = [When(role=role, then=Value(rank)) for rank, role in enumerate(order)]
    return Case(*ranks, default=Value(len(order)), output_field=IntegerField())
