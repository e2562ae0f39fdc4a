"""Receivers that end sessions and close their sockets on logout, a password change, a suspension or a deletion."""

from typing import Any

from allauth.core import context
from allauth.usersessions.adapter import DefaultUserSessionsAdapter
from allauth.usersessions.models import UserSession
from django.contrib.auth.signals import user_logged_out
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver
from django.http import HttpRequest

from accounts import actions, audit
from accounts.audit import Kind
from accounts.models import User
from accounts.signals import sessions_ended


class SessionsAdapter(DefaultUserSessionsAdapter):
    """Makes allauth's session page end sessions through our action."""

    def end_sessions(self, sessions: list[UserSession]) -> None:
        if sessions:
            actions.end_sessions(user=sessions[0].user, sessions=sessions)


@receiver(user_logged_out)
def end_this_session(sender: object, request: HttpRequest, user: User | None, **kwargs: Any) -> None:
    key = request.session.session_key
    if user is None or not key:
        return
    keys = [key, *actions.previous_keys(request.session)]
    request.session.delete(key)  # before the sockets close, so that they can't reconnect
    UserSession.objects.filter(session_key=key).delete()
    sessions_ended.send(User, user=user, session_keys=keys)


@receiver(post_save, sender=User)
def end_sessions_of_changed_user(sender: object, instance: User, created: bool, **kwargs: Any) -> None:
    """End a user's sessions after a password change or suspension, whether by a page, the admin or a command."""
    if created:
        return
    if not instance.is_active:
        sessions_ended.send(User, user=instance, keep=None)
    elif instance._password is not None:  # type: ignore[attr-defined]  # set until the new password is stored
        audit.record(Kind.PASSWORD_CHANGED, target=instance)
        sessions_ended.send(User, user=instance, keep=_own_session_key(instance))


@receiver(post_delete, sender=User)
def end_sessions_of_deleted_user(sender: object, instance: User, **kwargs: Any) -> None:
    sessions_ended.send(User, user=instance, keep=None)


def _own_session_key(user: User) -> str | None:
    """Return the key of the session in which users change their own password. The session continues with a new key.

    The browser's open sockets still use the old key, so the session stores it to close them when it ends.
    """
    request = context.request
    if request is None or request.user.pk != user.pk or not request.session.session_key:
        return None
    key: str = request.session.session_key
    request.session[actions.PREVIOUS_KEYS] = [*actions.previous_keys(request.session), key][-20:]
    return key
