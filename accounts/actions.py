"""Actions on accounts, sessions and invitations. Each is one transaction."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime

from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.core.exceptions import ValidationError
from django.core.files.base import File
from django.db import IntegrityError, connection, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit
from accounts.audit import Kind
from accounts.models import Invitation, SiteSettings, User
from accounts.profile import avatars
from accounts.registration import setup_code
from accounts.registration.validation import NewUser, clean_display_name, clean_site_name
from accounts.signals import (
    avatar_discarded,
    invitation_accepted,
    profile_changed,
    sessions_ended,
    user_registered,
)


class InvitationExpired(Exception):
    """The invitation has expired, been used up or been revoked, perhaps since it was last checked."""


class TooManyInvitations(Exception):
    """The user has reached CHAT_INVITES_PER_HOUR. The argument is the number of seconds to wait."""


class NothingToJoin(Exception):
    """The user can't join a room with this invitation: it has none, or they are already a member or not admitted."""


class AlreadySetUp(Exception):
    """An account already exists."""


class NotAllowed(Exception):
    """The person isn't allowed to do this."""


def register_user(*, new_user: NewUser, invitation: Invitation | None = None) -> User:
    """Create an account, use the invitation, and let other apps welcome the new user.

    Raises ValidationError with messages by field, or InvitationExpired.
    """
    user = _prepare(new_user)
    try:
        with transaction.atomic():
            return _store(user, new_user, invitation)
    except IntegrityError:
        new_user.validate()  # the username or email was taken in the meantime: report which
        raise


def register_users(*, new_users: Iterable[NewUser]) -> list[User]:
    """Create all of these accounts, or none of them. Raises ValidationError for the first invalid one."""
    prepared = [(_prepare(new_user), new_user) for new_user in new_users]
    with transaction.atomic():
        return [_store(user, new_user, None) for user, new_user in prepared]


def set_up_site(*, new_user: NewUser, site_name: str = "") -> User:
    """Name the site and create the owner's account. Raises AlreadySetUp, or ValidationError with messages by field."""
    is_verified = settings.ACCOUNT_EMAIL_VERIFICATION == "mandatory"  # or the owner could not log in
    owner = replace(new_user, is_superuser=True, email_verified=is_verified)
    if User.objects.exists():
        raise AlreadySetUp
    user = _prepare(owner)
    with transaction.atomic():
        _block_other_registrations()
        if User.objects.exists():
            raise AlreadySetUp
        user = _store(user, owner, None)
        name = {"name": clean_site_name(site_name)} if site_name else {}
        SiteSettings.objects.change(shows_first_steps=True, **name)
        transaction.on_commit(setup_code.delete)
    return user


@transaction.atomic
def create_invitation(
    *,
    by: User,
    expires_at: datetime | None = None,
    max_uses: int | None = None,
    room_id: int | None = None,
) -> Invitation:
    """Create an invitation. Raises TooManyInvitations, or NotAllowed if only admins may invite people."""
    if not by.can_invite:
        raise NotAllowed
    if wait := audit.seconds_to_wait(by, Kind.INVITED, most=settings.CHAT_INVITES_PER_HOUR):
        raise TooManyInvitations(wait)
    invitation = Invitation.objects.create(created_by=by, expires_at=expires_at, max_uses=max_uses, room_id=room_id)
    audit.record(Kind.INVITED, actor=by, target=invitation, room=room_id)
    return invitation


@transaction.atomic
def revoke_invitation(*, by: User, invitation: Invitation) -> None:
    """Revoke an invitation if it isn't already revoked. Raises NotAllowed unless `by` is its creator or an admin."""
    if by.pk != invitation.created_by_id and not by.is_staff:
        raise NotAllowed
    if Invitation.objects.filter(pk=invitation.pk, revoked_at=None).update(revoked_at=timezone.now()):
        audit.record(Kind.INVITE_REVOKED, actor=by, target=invitation)


@transaction.atomic
def accept_invitation(*, user: User, invitation: Invitation) -> None:
    """Add a registered user to the invitation's room.

    Raises InvitationExpired, or NothingToJoin, in which case the invitation isn't used.
    """
    _use_up(invitation)
    responses = invitation_accepted.send(User, user=user, invitation=invitation)
    if not any(joined for receiver, joined in responses):
        raise NothingToJoin


def update_profile(
    *,
    user: User,
    display_name: str,
    theme: str,
    language: str = "",
    shows_room_events: bool = True,
    photo: File | None = None,
    remove_photo: bool = False,
) -> User:
    """Change a user's profile. Raises ValidationError if the photo can't be read or stored."""
    user.display_name = clean_display_name(display_name)
    user.theme, user.language, user.shows_room_events = theme, language, shows_room_events
    before = user.avatar.name
    if photo:
        _store_avatar(user, photo)
    elif remove_photo:
        user.avatar = None
    try:
        with transaction.atomic():
            user.save(update_fields=["display_name", "theme", "language", "shows_room_events", "avatar"])
            profile_changed.send(User, user=user)
            if before and before != user.avatar.name:
                avatar_discarded.send(User, name=before)
    except Exception:
        _delete_avatar(user, unless=before)
        raise
    return user


@transaction.atomic
def end_sessions(*, user: User, sessions: Iterable[UserSession]) -> None:
    """End these sessions of a user and close their sockets."""
    keys: list[str] = []
    ending = list(sessions)
    for session in ending:
        keys += [session.session_key, *previous_keys(session._session_store(session.session_key))]
        session.end()
    if keys:
        audit.record(Kind.LOGGED_OUT, target=user, browsers=len(ending))
        sessions_ended.send(User, user=user, session_keys=keys)


def end_session(*, user: User, session_id: int) -> bool:
    """End one of the user's sessions. Return whether a session with this id existed."""
    found = UserSession.objects.filter(user=user, pk=session_id)
    existed = bool(found)
    end_sessions(user=user, sessions=found)
    return existed


PREVIOUS_KEYS = "previous_keys"


def previous_keys(session: SessionBase) -> list[str]:
    """Return the keys that a session had before password changes, as its open sockets may still use them."""
    return list(session.get(PREVIOUS_KEYS, ()))


def _prepare(new_user: NewUser) -> User:
    """Validate the account and hash its password, which takes a while, before taking the write lock."""
    user = new_user.validate()
    if new_user.password is None:
        user.set_unusable_password()
    else:
        user.set_password(new_user.password)
    return user


def _store(user: User, new_user: NewUser, invitation: Invitation | None) -> User:
    User.objects.release_username(user.username)
    user.save(force_insert=True)
    if user.email:
        EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=new_user.email_verified)
    if invitation is not None:
        _use_up(invitation)
    audit.record(Kind.REGISTERED, target=user, invitation=invitation and invitation.pk)
    user_registered.send(User, user=user, invitation=invitation)
    return user


def _store_avatar(user: User, photo: File) -> None:
    try:
        user.avatar.save("avatar.webp", avatars.square(photo), save=False)
    except OSError as error:
        raise ValidationError(_("Couldn’t save your photo. Try again later.")) from error


def _delete_avatar(user: User, *, unless: str | None) -> None:
    if user.avatar and user.avatar.name != unless:
        with suppress(OSError):
            user.avatar.storage.delete(user.avatar.name)


def _use_up(invitation: Invitation) -> None:
    """Count a use. Raises InvitationExpired.

    The row is locked first: `valid` joins its creator, so after waiting for another use, PostgreSQL would still compare
    the old value of `uses`.
    """
    Invitation.objects.select_for_update(no_key=True).filter(pk=invitation.pk).first()
    if not Invitation.objects.valid().filter(pk=invitation.pk).update(uses=F("uses") + 1):
        raise InvitationExpired


def _block_other_registrations() -> None:
    if connection.vendor == "postgresql":  # SQLite only allows one writing transaction at a time
        with connection.cursor() as cursor:
            cursor.execute(f"LOCK TABLE {connection.ops.quote_name(User._meta.db_table)} IN SHARE ROW EXCLUSIVE MODE")
