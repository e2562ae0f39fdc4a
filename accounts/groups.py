"""Actions on groups of people that can be mentioned. Admins with the permission manage them, and members can leave."""

from collections.abc import Collection

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts import audit, usernames
from accounts.actions import NotAllowed
from accounts.audit import Kind
from accounts.models import GroupMember, User, UserGroup, lock_names
from accounts.models.user_group import DESCRIPTION_LENGTH, TITLE_LENGTH
from accounts.unicode import visibility

MAX_GROUPS = 500
MAX_MEMBERS = 1_000


def can_create_groups(user: User) -> bool:
    return user.is_staff and user.has_perm("accounts.add_usergroup")


def can_change_groups(user: User) -> bool:
    return user.is_staff and user.has_perm("accounts.change_usergroup")


def can_delete_groups(user: User) -> bool:
    return user.is_staff and user.has_perm("accounts.delete_usergroup")


@transaction.atomic
def create_group(*, actor: User, name: str, title: str, description: str = "") -> UserGroup:
    """Create an empty group. Raises NotAllowed, or ValidationError with messages by field."""
    _require(can_create_groups(actor))
    lock_names(shared=False)
    group = UserGroup(created_by=actor)
    _set(group, name=name, title=title, description=description)
    if UserGroup.objects.count() >= MAX_GROUPS:
        text = ngettext(
            "This site can have %(most)d group. Delete one first.",
            "This site can have %(most)d groups. Delete one first.",
            MAX_GROUPS,
        )
        raise ValidationError({"name": [text % {"most": MAX_GROUPS}]})
    group.save()
    audit.record(Kind.GROUP_CREATED, actor=actor, target=group)
    return group


@transaction.atomic
def update_group(*, actor: User, group: UserGroup, name: str, title: str, description: str = "") -> UserGroup:
    """Change a group's name and texts. Raises NotAllowed, or ValidationError with messages by field."""
    _require(can_change_groups(actor))
    lock_names(shared=False)
    group = _lock(group)
    before = {field: getattr(group, field) for field in ("name", "title", "description")}
    _set(group, name=name, title=title, description=description)
    changed = [field for field, value in before.items() if getattr(group, field) != value]
    if changed:
        group.save()
        renamed = {"from": before["name"]} if "name" in changed else {}
        audit.record(Kind.GROUP_CHANGED, actor=actor, target=group, fields=changed, **renamed)
    return group


@transaction.atomic
def delete_group(*, actor: User, group: UserGroup) -> None:
    """Delete a group. Messages that mention it keep its name. Raises NotAllowed."""
    _require(can_delete_groups(actor))
    audit.record(Kind.GROUP_DELETED, actor=actor, target=group)
    group.delete()


@transaction.atomic
def add_to_group(*, actor: User, group: UserGroup, people: Collection[User]) -> list[User]:
    """Add people, and return those who weren't members. Raises NotAllowed, or ValidationError at MAX_MEMBERS."""
    _require(can_change_groups(actor))
    group = _lock(group)
    present = group.members.filter(user__in=people).values("user")
    active = User.objects.filter(pk__in=[person.pk for person in people], is_active=True).exclude(pk__in=present)
    added = list(active.order_by("pk").select_for_update(no_key=True))  # so that none is deleted meanwhile
    if group.members.count() + len(added) > MAX_MEMBERS:
        text = ngettext(
            "A group can have %(most)d member. Remove someone first.",
            "A group can have %(most)d members. Remove someone first.",
            MAX_MEMBERS,
        )
        raise ValidationError({"user": [text % {"most": MAX_MEMBERS}]})
    GroupMember.objects.bulk_create(GroupMember(group=group, user=person) for person in added)
    for person in added:
        audit.record(Kind.GROUP_MEMBER_ADDED, actor=actor, target=person, group=group.name)
    return added


@transaction.atomic
def remove_from_group(*, actor: User, group: UserGroup, user: User) -> bool:
    """Remove a person, which they can do themselves. Return whether they were a member. Raises NotAllowed."""
    _require(user == actor or can_change_groups(actor))
    removed, _rows = group.members.filter(user=user).delete()
    if removed:
        kind = Kind.GROUP_LEFT if user == actor else Kind.GROUP_MEMBER_REMOVED
        audit.record(kind, actor=actor, target=user, group=group.name)
    return bool(removed)


def clean_texts(group: UserGroup, **texts: str) -> dict[str, str]:
    """Return the cleaned name, title and description of a group. Raises ValidationError with messages by field."""
    cleaned: dict[str, str] = {}
    errors: dict[str, list[str]] = {}
    for field, text in texts.items():
        try:
            cleaned[field] = _clean(field, text, group)
        except ValidationError as error:
            errors[field] = error.messages
    if errors:
        raise ValidationError(errors)
    return cleaned


def _clean(field: str, text: str, group: UserGroup) -> str:
    if field == "name":
        return clean_group_name(text, group=group) if text != group.name or group.pk is None else text
    return _clean_title(text) if field == "title" else _clean_line(text, DESCRIPTION_LENGTH)


def clean_group_name(name: str, *, group: UserGroup | None = None) -> str:
    """Return the normalized name. Raises ValidationError if it is invalid, or taken by a person or another group."""
    name = usernames.normalize(name.strip().removeprefix("@"))
    if not name:
        raise ValidationError(_("Enter a name."), code="required")
    try:
        usernames.validate_username(name)
    except ValidationError as error:
        raise ValidationError(_describe(error), code=error.code) from error
    own = [group.pk] if group is not None else []
    if UserGroup.objects.named(name).exclude(pk__in=own).exists():
        text = _("There’s already a group with that name, or one that looks like it. Choose another name.")
        raise ValidationError(text, code="name_taken")
    if (User.objects.with_username(name) | User.objects.resembling(name)).exists():
        text = _("Someone has that username, or one that looks like it. Choose another name.")
        raise ValidationError(text, code="name_taken")
    return name


def _set(group: UserGroup, **texts: str) -> None:
    """Set the cleaned texts. Raises ValidationError with messages by field."""
    for field, text in clean_texts(group, **texts).items():
        setattr(group, field, text)


def _clean_title(title: str) -> str:
    title = _clean_line(title, TITLE_LENGTH)
    if visibility.is_blank(title):
        raise ValidationError(_("Enter a title, such as “Operations”."), code="required")
    return title


def _clean_line(text: str, most: int) -> str:
    text = " ".join(text.split())
    if len(text) > most:
        message = ngettext("Use at most %(count)d character.", "Use at most %(count)d characters.", most)
        raise ValidationError(message % {"count": most}, code="too_long")
    usernames.validate_visible(text)
    return text


def _describe(error: ValidationError) -> str:
    if error.code == "too_long":
        return _("Use at most %(count)d characters.") % {"count": usernames.MAX_LENGTH}
    if error.code == "reserved":
        return _("This name is reserved. Choose another one.")
    if error.code == "scripts":
        return _("A name can’t mix letters or digits from different alphabets.")
    if error.code == "direction":
        return _("A name with right-to-left letters must start with one.")
    return str(error.messages[0])


def _require(is_allowed: bool) -> None:
    if not is_allowed:
        raise NotAllowed


def _lock(group: UserGroup) -> UserGroup:
    """Lock and reload a group. Raises UserGroup.DoesNotExist."""
    return UserGroup.objects.select_for_update(no_key=True).get(pk=group.pk)
