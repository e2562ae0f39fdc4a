"""Limits on failed logins that can't be used to lock someone out.

Attempts on an account are counted together, except those from a browser or an address from which its owner has logged
in before: these are counted separately. Browsers are recognized by a signed cookie that remains after a logout.
"""

import secrets
from datetime import timedelta
from typing import NamedTuple

from django.conf import settings
from django.core import signing
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from accounts import usernames
from accounts.auth.backends import find_user
from accounts.models import AuditEvent, User

COOKIE = "known_accounts"
COOKIE_SALT = "accounts.auth.login_limits"
COOKIE_AGE = 365 * 24 * 3600
MAX_ACCOUNTS = 10  # per browser
ADDRESS_KNOWN_FOR = timedelta(days=30)


class LoginLimit(NamedTuple):
    """`key`: the name of the counter. `is_shared`: whether an attempt also counts against everyone at its address."""

    key: str
    is_shared: bool


def limit_for(request: HttpRequest, address: str, login: str) -> LoginLimit:
    """Return the limit for an attempt to log in as `login`, a username or email, from an address."""
    user = find_user(login)
    if user is None:
        return LoginLimit(f"name:{usernames.key(login)}", is_shared=True)
    if browser := _known_browser(request, user):
        return LoginLimit(f"account:{user.pk}:browser:{browser}", is_shared=False)
    if _is_known_address(address, user):
        return LoginLimit(f"account:{user.pk}:address:{address}", is_shared=True)
    return LoginLimit(f"account:{user.pk}", is_shared=True)


def remember_browser(request: HttpRequest, response: HttpResponse, user: User) -> None:
    """Set the cookie by which this browser is recognized at the user's next login."""
    browser, accounts = _read_cookie(request)
    accounts = [user.pk, *(pk for pk in accounts if pk != user.pk)][:MAX_ACCOUNTS]
    response.set_cookie(
        COOKIE,
        signing.dumps([browser or secrets.token_urlsafe(9), accounts], salt=COOKIE_SALT),
        max_age=COOKIE_AGE,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _known_browser(request: HttpRequest, user: User) -> str:
    browser, accounts = _read_cookie(request)
    return browser if user.pk in accounts else ""


def _read_cookie(request: HttpRequest) -> tuple[str, list[int]]:
    try:
        browser, accounts = signing.loads(request.COOKIES.get(COOKIE, ""), salt=COOKIE_SALT, max_age=COOKIE_AGE)
    except signing.BadSignature:
        return "", []
    return browser, accounts


def _is_known_address(address: str, user: User) -> bool:
    """Return whether the user has recently logged in or reset their password from this address."""
    Kind = AuditEvent.Kind
    logins = Q(kind=Kind.LOGGED_IN, actor=user)
    passwords = Q(kind=Kind.PASSWORD_CHANGED, target_kind=User._meta.model_name, target_id=user.pk)
    recent = AuditEvent.objects.filter(address=address, at__gte=timezone.now() - ADDRESS_KNOWN_FOR)
    return recent.filter(logins | passwords).exists()
