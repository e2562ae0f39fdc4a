"""Deletes accounts. Personal data is erased, and an anonymous row remains as the author of the user's messages."""

from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit, usernames
from accounts.actions import end_sessions
from accounts.audit import Kind
from accounts.lifecycle.owned_bots import stop_bots
from accounts.models import Status, User
from accounts.signals import account_deleting, avatar_discarded, profile_changed, sessions_ended


class LastSuperuser(Exception):
    """The only superuser can't be deleted. The message is addressed to that user."""

    def __str__(self) -> str:
        return _("You’re the only admin. Make someone else an admin first, then delete your account.")


def delete_account(*, user: User, with_messages: bool) -> User:
    """Log the user out everywhere, remove them from all rooms and erase their data. Raises LastSuperuser.

    Their messages stay, with the author "Deleted user". If `with_messages`, they are deleted in batches afterwards.
    Their bots are deleted first, each in its own transaction, because rooms are locked before users.
    """
    if is_last_superuser(user):
        raise LastSuperuser
    for bot in user.bots.all():
        _delete(bot, with_messages=with_messages)
    return _delete(user, with_messages=with_messages)


def is_last_superuser(user: User) -> bool:
    return user.is_superuser and not _superusers().exclude(pk=user.pk).exists()


@transaction.atomic
def _delete(user: User, *, with_messages: bool) -> User:
    account_deleting.send(User, user=user, with_messages=with_messages)  # first, because rooms are locked before users
    person = _lock(user)
    end_sessions(user=person, sessions=UserSession.objects.filter(user=person))
    sessions_ended.send(User, user=person)
    audit.record(Kind.ACCOUNT_DELETED, target=person, with_messages=with_messages)
    _erase(person)
    profile_changed.send(User, user=person)
    return person


def _superusers() -> "QuerySet[User]":
    return User.objects.filter(is_superuser=True, is_active=True)


def _lock(user: User) -> User:
    """Lock and reload the user, along with all superusers, so that no two superusers are deleted simultaneously."""
    locked = User.objects.filter(pk=user.pk) | _superusers()
    people = {person.pk: person for person in locked.order_by("pk").select_for_update()}
    if is_last_superuser(people[user.pk]):
        raise LastSuperuser
    return people[user.pk]


def _erase(person: User) -> None:
    """Erase a user's data without `save`, which would replace the username's key: it stays reserved for a while."""
    if person.avatar:
        avatar_discarded.send(User, name=person.avatar.name)
    EmailAddress.objects.filter(user=person).delete()
    for relation in ("invitations", "blocks", "mutes", "name_parts", "group_memberships", "idempotent_requests"):
        getattr(person, relation).all().delete()
    person.groups.clear()
    person.user_permissions.clear()
    User.objects.filter(pk=person.pk).update(
        username=usernames.of_deleted(person.pk),
        display_name=usernames.DELETED,
        email="",
        password=make_password(None),
        avatar="",
        theme="",
        language="",
        time_zone="",
        is_active=False,
        suspended_until=None,
        is_staff=False,
        is_superuser=False,
        last_login=None,
        last_seen_at=None,
        status=Status.INVISIBLE,
        status_text="",
        notices="",
        status_until=None,
        hides_last_seen=True,
        allows_direct_messages=False,
        is_bot=False,
        owner=None,
        is_stopped_with_owner=False,
        deleted_at=timezone.now(),
    )
    person.refresh_from_db()
    stop_bots(owner_id=person.pk)  # one that was created since the others were deleted
