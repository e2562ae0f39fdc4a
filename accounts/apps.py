"""The accounts app: users, their sessions and their connections."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = _("People")

    def ready(self) -> None:
        from accounts.audit import login_events  # noqa: F401
        from accounts.auth import revocation, session_signals, token_signals  # noqa: F401
