"""Records logins and logouts, which are performed by Django and allauth."""

from typing import Any

from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.dispatch import receiver

from accounts import audit
from accounts.audit import Kind
from accounts.models import User


@receiver(user_logged_in)
def record_login(sender: object, user: User, **kwargs: Any) -> None:
    audit.record(Kind.LOGGED_IN, actor=user)


@receiver(user_login_failed)
def record_failed_login(sender: object, credentials: dict[str, Any], **kwargs: Any) -> None:
    """Record a failed login. Attempts beyond the rate limit aren't recorded."""
    audit.record(Kind.LOGIN_FAILED, target=str(credentials.get("username") or credentials.get("email") or ""))


@receiver(user_logged_out)
def record_logout(sender: object, user: User | None, **kwargs: Any) -> None:
    if user is not None:
        audit.record(Kind.LOGGED_OUT, actor=user)
