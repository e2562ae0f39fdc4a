"""Searches people by the start of a name or of a word in it.

Each statement is given the ids found by the previous one, so that databases need not estimate how many there are: as a
single statement, a search among 50,000 people took PostgreSQL up to 0.7 s.
"""

from collections.abc import Collection, Iterable

from django.db.models import Exists, F, OuterRef

from accounts.models import NamePart, NamePartQuerySet, User
from accounts.unicode.folding import fold
from rooms.models import Membership, Room
from rooms.models.room import MODERATING

QUERY_LENGTH = 80
LIMIT = 20
MAX_WORDS = 5
# The first names in alphabetical order, of which the best are returned: a single letter finds a tenth of all people.
CANDIDATES = 500
MAX_PARTNERS = 500
# A room with more members than this is common enough among the names found that it needn't be read first.
MAX_MEMBER_IDS = 1000

EXACT, START, WORD, SEPARATE_WORDS = range(4)  # how a name matches, the best first
Matches = dict[int, int]  # by user id


def search_people(
    viewer: User, query: str, *, exclude: Collection[int] = (), members_of: int | None = None
) -> list[User]:
    """Return up to LIMIT active people in whose names words start like those of the query, the best matches first.

    Exact names come first, then people with whom the viewer has a direct room, then members of other rooms of theirs.
    Default rooms don't count, because everyone is in them. Without words, the people with a direct room are returned,
    the latest first. People whom the viewer blocks are left out. `members_of`: the id of a room, to search its members
    only. Without words, those with a role come first.
    """
    hidden = {viewer.pk, *viewer.blocked_ids, *exclude}
    partners = [pk for pk in _partners_of(viewer) if pk not in hidden]
    folded = fold(query)
    if members_of is not None:
        partners = _members_among(members_of, partners)
    if not folded:
        first = [] if members_of is None else [pk for pk in _moderators_of(members_of) if pk not in hidden]
        return _load(list(dict.fromkeys([*first, *partners])))[:LIMIT]
    parts = NamePart.objects.filter(user__is_active=True)
    if members_of is not None:
        parts = _of_members(parts, members_of)
    matches = _match(parts, folded) | _match(parts.filter(user__in=partners), folded)
    found = [pk for pk in matches if pk not in hidden]
    sharing = _sharing_rooms(viewer, found)
    # In alphabetical order otherwise, because the sort is stable.
    found.sort(key=lambda pk: (matches[pk] != EXACT, pk not in partners, pk not in sharing, matches[pk]))
    return _load(found[:LIMIT])


def search_members_first(viewer: User, query: str, *, room_id: int, exclude: Collection[int] = ()) -> list[User]:
    """Return up to LIMIT people like `search_people`, the members of a room before all others."""
    members = search_people(viewer, query, exclude=exclude, members_of=room_id)
    if len(members) == LIMIT:
        return members
    others = search_people(viewer, query, exclude=[*exclude, *(member.pk for member in members)])
    return [*members, *others][:LIMIT]


def _members_among(room_id: int, user_ids: Collection[int]) -> list[int]:
    members = set(Membership.objects.filter(room=room_id, user__in=user_ids).values_list("user", flat=True))
    return [pk for pk in user_ids if pk in members]


def _moderators_of(room_id: int) -> list[int]:
    """Return the first owners and moderators of a room, moderators first, because they are likelier to be chosen."""
    moderating = Membership.objects.filter(room=room_id, role__in=MODERATING).order_by("role", "joined_at")
    return list(moderating.values_list("user", flat=True)[:MAX_PARTNERS])


def _of_members(parts: NamePartQuerySet, room_id: int) -> NamePartQuerySet:
    members = Membership.objects.filter(room=room_id)
    user_ids = list(members.values_list("user", flat=True)[: MAX_MEMBER_IDS + 1])
    if len(user_ids) <= MAX_MEMBER_IDS:
        return parts.filter(user__in=user_ids)
    return parts.filter(Exists(members.filter(user=OuterRef("user"))))


def _match(parts: NamePartQuerySet, folded: str) -> Matches:
    matches: Matches = {}
    for user_id, text, is_start in _first(parts.starting_with(folded)):
        match = WORD if not is_start else EXACT if bytes(text) == folded.encode() else START
        matches[user_id] = min(match, matches.get(user_id, match))
    *others, longest = sorted(folded.split(), key=len)[-MAX_WORDS:]
    if others and len(longest) > 1 and len(matches) < LIMIT:  # two letters that many names have would take 20 ms
        separate = parts.starting_with(longest).filter(*map(_has_word, others))
        matches = {user_id: SEPARATE_WORDS for user_id, *_ in _first(separate)} | matches
    return matches


def _first(parts: NamePartQuerySet) -> Iterable[tuple[int, bytes, bool]]:
    return parts.order_by("text", "user").values_list("user", "text", "is_start")[:CANDIDATES]


def _has_word(word: str) -> Exists:
    return Exists(NamePart.objects.starting_with(word).filter(user=OuterRef("user")))


def _partners_of(viewer: User) -> list[int]:
    """Return the ids of the people with whom the viewer has direct rooms, those with the latest messages first."""
    direct = Membership.objects.filter(user=viewer, room__kind=Room.Kind.DIRECT)
    keys = direct.order_by(F("room__last_at").desc(nulls_last=True)).values_list("room__conversation_key", flat=True)
    pairs = [{int(pk) for pk in str(key).split(":")} for key in keys[:MAX_PARTNERS]]
    return [pk for pair in pairs for pk in pair - {viewer.pk}]


def _sharing_rooms(viewer: User, user_ids: Collection[int]) -> set[int]:
    """Return those of these people who are in a room with the viewer, apart from default and direct rooms."""
    rooms = Membership.objects.filter(user=viewer, room__is_default=False).exclude(room__kind=Room.Kind.DIRECT)
    room_ids = list(rooms.values_list("room", flat=True))
    return set(Membership.objects.filter(user__in=user_ids, room__in=room_ids).values_list("user", flat=True))


def _load(user_ids: list[int]) -> list[User]:
    found = User.objects.filter(is_active=True).in_bulk(user_ids)
    return [found[pk] for pk in user_ids if pk in found]
