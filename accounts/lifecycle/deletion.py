"""Deleting an account: the person goes, and a row without anything of theirs stays as whoever wrote here once."""

from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts import audit, usernames
from accounts.actions import end_sessions
from accounts.audit import Kind
from accounts.models import Status, User
from accounts.signals import account_deleting, avatar_discarded, profile_changed, sessions_ended


class LastSuperuser(Exception):
    """You’re the only admin. Make someone else an admin first, then delete your account."""

    def __init__(self) -> None:
        super().__init__(self.__doc__)


@transaction.atomic
def delete_account(*, user: User, with_messages: bool) -> User:
    """End all that is open, leave all rooms, and wipe what is known of the person. Raises LastSuperuser.

    What they wrote stays as by a deleted user, or, `with_messages`, goes piece by piece afterwards.
    """
    account_deleting.send(User, user=user, with_messages=with_messages)  # first: rooms are locked before people
    person = _held(user)
    end_sessions(user=person, sessions=UserSession.objects.filter(user=person))
    sessions_ended.send(User, user=person)
    audit.record(Kind.ACCOUNT_DELETED, actor=person, target=person, with_messages=with_messages)
    _wipe(person)
    profile_changed.send(User, user=person)
    return person


def is_last_superuser(user: User) -> bool:
    return user.is_superuser and not _superusers().exclude(pk=user.pk).exists()


def _superusers() -> "QuerySet[User]":
    return User.objects.filter(is_superuser=True, is_active=True)


def _held(user: User) -> User:
    """The person as they are now, and with them all superusers: two of them may not go at once."""
    concerned = User.objects.filter(pk=user.pk) | _superusers()
    people = {person.pk: person for person in concerned.order_by("pk").select_for_update()}
    if is_last_superuser(people[user.pk]):
        raise LastSuperuser
    return people[user.pk]


def _wipe(person: User) -> None:
    """Not by `save`, which would make the name's key anew: it is kept for a while, though nobody is called so."""
    if person.avatar:
        avatar_discarded.send(User, name=person.avatar.name)
    EmailAddress.objects.filter(user=person).delete()
    for kept in (person.invitations, person.blocks, person.mutes):
        kept.all().delete()
    person.groups.clear()
    person.user_permissions.clear()
    User.objects.filter(pk=person.pk).update(
        username=usernames.of_deleted(person.pk),
        display_name=usernames.DELETED,
        email="",
        password=make_password(None),
        avatar="",
        theme="",
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
        deleted_at=timezone.now(),
    )
    person.refresh_from_db()
