"""What can be done with people, sessions and invitations; each verb is one transaction."""

from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime

from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.contrib.sessions.backends.base import SessionBase
from django.core.exceptions import ValidationError
from django.core.files.base import File
from django.db import IntegrityError, connection, transaction
from django.db.models import F
from django.utils import timezone

from accounts import audit
from accounts.audit import Kind
from accounts.models import Invitation, User
from accounts.profile import avatars
from accounts.registration import setup_code
from accounts.registration.validation import NewUser, clean_display_name
from accounts.signals import (
    avatar_discarded,
    invitation_accepted,
    profile_changed,
    sessions_ended,
    user_registered,
)


class InvitationSpent(Exception):
    """The invitation was used up, revoked or ran out, perhaps a moment ago."""


class NothingToJoin(Exception):
    """The invitation leads this person into no room: it names none, they are in it, or it does not take them."""


class AlreadySetUp(Exception):
    """Somebody has an account already; the first visitor's page is gone."""


class NotAllowed(Exception):
    """This person may not do that."""


def register_user(
    *,
    username: str,
    password: str | None,
    email: str = "",
    display_name: str = "",
    is_staff: bool = False,
    is_superuser: bool = False,
    email_verified: bool = False,
    invitation: Invitation | None = None,
) -> User:
    """Make an account, use up the invitation, and let other apps welcome the newcomer: all or nothing.

    Raises ValidationError with messages by field, or InvitationSpent.
    """
    candidate = NewUser(
        username=username,
        password=password,
        email=email,
        display_name=display_name,
        is_staff=is_staff,
        is_superuser=is_superuser,
        email_verified=email_verified,
    )
    user = _prepare(candidate)
    try:
        with transaction.atomic():
            return _store(user, candidate, invitation)
    except IntegrityError:
        candidate.check()  # somebody took the name or the e-mail meanwhile: say which
        raise


def register_people(*, candidates: Iterable[NewUser]) -> list[User]:
    """Make all these accounts or none. Raises ValidationError for the first that cannot be."""
    prepared = [(_prepare(candidate), candidate) for candidate in candidates]
    with transaction.atomic():
        return [_store(user, candidate, None) for user, candidate in prepared]


def set_up_site(*, username: str, password: str, email: str = "", display_name: str = "") -> User:
    """Make the first account, the administrator's. Raises AlreadySetUp, or ValidationError by field."""
    candidate = NewUser(
        username=username,
        password=password,
        email=email,
        display_name=display_name,
        is_superuser=True,
        email_verified=True,
    )
    if User.objects.exists():
        raise AlreadySetUp
    user = _prepare(candidate)
    with transaction.atomic():
        _wait_for_other_registrations()
        if User.objects.exists():
            raise AlreadySetUp
        user = _store(user, candidate, None)
        transaction.on_commit(setup_code.forget)
    return user


def create_invitation(
    *,
    by: User,
    expires_at: datetime | None = None,
    max_uses: int | None = None,
    room_id: int | None = None,
) -> Invitation:
    """Raises NotAllowed where this site lets only administrators invite."""
    if not by.can_invite:
        raise NotAllowed
    return Invitation.objects.create(created_by=by, expires_at=expires_at, max_uses=max_uses, room_id=room_id)


def revoke_invitation(*, by: User, invitation: Invitation) -> None:
    """Nobody comes in by it any more. Its maker and administrators may; doing it twice changes nothing."""
    if by.pk != invitation.created_by_id and not by.is_staff:
        raise NotAllowed
    Invitation.objects.filter(pk=invitation.pk, revoked_at=None).update(revoked_at=timezone.now())


@transaction.atomic
def accept_invitation(*, user: User, invitation: Invitation) -> None:
    """Somebody who has an account follows an invitation into its room.

    Raises InvitationSpent, or NothingToJoin; then it is not used up.
    """
    _use_up(invitation)
    answers = invitation_accepted.send(User, user=user, invitation=invitation)
    if not any(came_in for _, came_in in answers):
        raise NothingToJoin


def update_profile(
    *,
    user: User,
    display_name: str,
    theme: str,
    picture: File | None = None,
    remove_picture: bool = False,
) -> User:
    """Change what others see. `picture` is an upload of any supported kind; raises ValidationError for others,
    and when it cannot be stored."""
    user.display_name = clean_display_name(display_name)
    user.theme = theme
    before = user.avatar.name
    if picture:
        _store_picture(user, avatars.square(picture))
    elif remove_picture:
        user.avatar = None
    try:
        with transaction.atomic():
            user.save(update_fields=["display_name", "theme", "avatar"])
            profile_changed.send(User, user=user)
            if before and before != user.avatar.name:
                avatar_discarded.send(User, name=before)
    except Exception:
        _delete_picture(user, unless=before)
        raise
    return user


@transaction.atomic
def end_sessions(*, user: User, sessions: Iterable[UserSession]) -> None:
    """Sign these browsers out, and close what they hold open."""
    keys: list[str] = []
    ending = list(sessions)
    for session in ending:
        keys += [session.session_key, *outgrown_keys(session._session_store(session.session_key))]
        session.end()
    if keys:
        audit.record(Kind.LOGGED_OUT, target=user, browsers=len(ending))
        sessions_ended.send(User, user=user, session_keys=keys)


def end_session(*, user: User, session_id: int) -> bool:
    """Whether there was such a session of theirs."""
    found = UserSession.objects.filter(user=user, pk=session_id)
    existed = bool(found)
    end_sessions(user=user, sessions=found)
    return existed


OUTGROWN = "outgrown_keys"


def outgrown_keys(session: SessionBase) -> list[str]:
    """The keys that this browser's session had before password changes renewed it: open sockets may know those."""
    return list(session.get(OUTGROWN, ()))


def _prepare(candidate: NewUser) -> User:
    """Hashing takes its time, so it is done before the write lock is held."""
    user = candidate.check()
    if candidate.password is None:
        user.set_unusable_password()
    else:
        user.set_password(candidate.password)
    return user


def _store(user: User, candidate: NewUser, invitation: Invitation | None) -> User:
    User.objects.release_username(user.username)
    user.save(force_insert=True)
    if user.email:
        EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=candidate.email_verified)
    if invitation is not None:
        _use_up(invitation)
    audit.record(Kind.REGISTERED, target=user, invitation=invitation and invitation.pk)
    user_registered.send(User, user=user, invitation=invitation)
    return user


def _store_picture(user: User, drawn: File) -> None:
    try:
        user.avatar.save("avatar.webp", drawn, save=False)
    except OSError as error:
        raise ValidationError("Couldn’t save your photo. Please try again later.") from error


def _delete_picture(user: User, *, unless: str | None) -> None:
    if user.avatar and user.avatar.name != unless:
        with suppress(OSError):
            user.avatar.storage.delete(user.avatar.name)


def _use_up(invitation: Invitation) -> None:
    if not Invitation.objects.valid().filter(pk=invitation.pk).update(uses=F("uses") + 1):
        raise InvitationSpent


def _wait_for_other_registrations() -> None:
    if connection.vendor == "postgresql":  # a transaction on SQLite is alone already
        with connection.cursor() as cursor:
            cursor.execute(f"LOCK TABLE {connection.ops.quote_name(User._meta.db_table)} IN SHARE ROW EXCLUSIVE MODE")
