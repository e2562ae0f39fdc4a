"""Actions on a user's own sections of the sidebar. Each room is in at most one of them."""

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from accounts.unicode import visibility
from rooms import events
from rooms.errors import Invalid, NotFound
from rooms.models import SECTION_NAME_LENGTH, Membership, Room, RoomSection, section_key
from rooms.permissions import find_membership
from rooms.validation import clean_line

SECTIONS_PER_USER = 20


@transaction.atomic
def move_to_section(*, user: User, room: Room, section_id: int | None = None, name: str = "") -> RoomSection:
    """Move a room to one of the user's sections, or to the one with this name, which is created if there is none.

    The room is no longer a favorite, because those are shown in a section of their own.
    """
    membership = find_membership(user, room.pk)
    _lock(user)
    section = _section(user, section_id) if section_id is not None else _section_named(user, name)
    _put(user, membership, section=section, is_favorite=False)
    return section


@transaction.atomic
def remove_from_section(*, user: User, room: Room) -> None:
    _put(user, find_membership(user, room.pk), section=None)


@transaction.atomic
def create_section(*, user: User, name: str) -> RoomSection:
    """Create an empty section below the others."""
    _lock(user)
    name = _clean_name(name)
    if RoomSection.objects.filter(user=user, name_key=section_key(name)).exists():
        raise Invalid(_("You already have a section with that name."), field="name")
    return _create(user, name)


@transaction.atomic
def rename_section(*, user: User, section_id: int, name: str) -> RoomSection:
    _lock(user)
    section, section.name = _section(user, section_id), _clean_name(name)
    if RoomSection.objects.filter(user=user, name_key=section_key(section.name)).exclude(pk=section.pk).exists():
        raise Invalid(_("You already have a section with that name."), field="name")
    section.save()
    events.announce_sections(user)
    return section


@transaction.atomic
def reorder_section(*, user: User, section_id: int, position: int) -> RoomSection:
    """Move a section to this position among the user's, counted from 1, or to the end if it is too high."""
    _lock(user)
    section = _section(user, section_id)
    if position < 1:
        raise Invalid(_("Positions start at 1."), field="position")
    ordered = list(RoomSection.objects.filter(user=user).exclude(pk=section.pk))
    ordered.insert(position - 1, section)
    for number, each in enumerate(ordered, start=1):
        each.position = number
    RoomSection.objects.bulk_update(ordered, ["position"])
    events.announce_sections(user)
    return section


@transaction.atomic
def delete_section(*, user: User, section_id: int) -> None:
    """Delete a section. Its rooms stay in the user's list."""
    _lock(user)
    _section(user, section_id).delete()
    events.announce_sections(user)


def _lock(user: User) -> None:
    """Serialize changes of a user's sections, for the limit and so that none is deleted while a room moves there."""
    list(User.objects.filter(pk=user.pk).select_for_update(no_key=True).values_list("pk"))


def _section(user: User, section_id: int) -> RoomSection:
    section = RoomSection.objects.filter(user=user, pk=section_id).first()
    if section is None:
        raise NotFound(_("This section no longer exists."))
    return section


def _section_named(user: User, name: str) -> RoomSection:
    name = _clean_name(name)
    existing = RoomSection.objects.filter(user=user, name_key=section_key(name)).first()
    return existing or _create(user, name)


def _create(user: User, name: str) -> RoomSection:
    if RoomSection.objects.filter(user=user).count() >= SECTIONS_PER_USER:
        text = ngettext(
            "You can have %(most)s section. Delete one first.",
            "You can have %(most)s sections. Delete one first.",
            SECTIONS_PER_USER,
        )
        raise Invalid(text % {"most": SECTIONS_PER_USER}, field="name")
    last = RoomSection.objects.filter(user=user).aggregate(last=Max("position"))["last"] or 0
    section = RoomSection.objects.create(user=user, name=name, position=last + 1)
    events.announce_sections(user)
    return section


def _clean_name(name: str) -> str:
    name = clean_line(name, field="name", most=SECTION_NAME_LENGTH)
    if visibility.is_blank(name):
        raise Invalid(_("Enter a name for the section."), field="name")
    return name


def _put(user: User, membership: Membership, *, section: RoomSection | None, **fields: bool) -> None:
    Membership.objects.filter(pk=membership.pk).update(section=section, **fields)
    events.announce_membership(user, membership.room_id, section=section.pk if section else None, **fields)
