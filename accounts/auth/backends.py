"""Authentication by username or email, which takes the same time whether or not the account exists."""

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend
from allauth.account.internal.userkit import filter_users_by_email
from django.contrib.auth.hashers import make_password
from django.http import HttpRequest

from accounts import usernames
from accounts.lifecycle.suspension import end_suspensions
from accounts.models import User

LOGIN_MAX_LENGTH = 254


class NameOrEmailBackend(AuthenticationBackend):
    """Finds users by username or, if the login contains '@', by email."""

    def get_user(self, user_id: int) -> User | None:
        """Return the active user of a session, which bots don't have."""
        user = User.objects.read_active([user_id]).get(user_id)
        return user if user is not None and not user.is_bot else None

    def user_can_authenticate(self, user: User) -> bool:
        return not user.is_bot and super().user_can_authenticate(user)

    def _authenticate(self, request: HttpRequest | None, **credentials: Any) -> User | None:
        login = str(credentials.get("username") or credentials.get("email") or "").strip()
        person = find_user(login)
        if person is not None and person.is_suspension_over:
            end_suspensions()
            person.refresh_from_db(fields=["is_active", "suspended_until"])
        return self._check_password(person, credentials["password"]) if person else None

    def _mitigate_timing_attack(self, password: str) -> None:
        """Hash as often as for a wrong password of an existing user. allauth would hash once."""
        User(password=make_password(None)).check_password(password)


def find_user(login: str) -> User | None:
    if not login or len(login) > LOGIN_MAX_LENGTH:
        return None
    if "@" in login:
        return next(iter(filter_users_by_email(login, prefer_verified=True, for_login=True)), None)
    return User.objects.filter(username_key=usernames.key(login)).first()
