"""Checks whether emails are still wanted when they are sent, which may be hours later if the mail server was away."""

from collections.abc import Callable

from accounts.models import QueuedEmail

Check = Callable[[QueuedEmail], bool]

_checks: dict[str, Check] = {}


def register(purpose: str, check: Check) -> None:
    """Have `check` called before each attempt to send an email with this purpose."""
    _checks[purpose] = check


def is_wanted(email: QueuedEmail) -> bool:
    check = _checks.get(email.purpose)
    return check is None or check(email)
