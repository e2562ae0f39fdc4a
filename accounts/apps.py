"""The accounts app."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        from allauth.account.decorators import secure_admin_login
        from django.contrib import admin

        from accounts import revocation, sessions  # noqa: F401  (their receivers)

        # The admin's own login page knows no limit to guessing; ours does.
        admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]
