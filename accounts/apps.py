"""The accounts app: people, their sessions and their connections."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        from accounts.audit import login_events  # noqa: F401
        from accounts.auth import revocation, session_signals  # noqa: F401
