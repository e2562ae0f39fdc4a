"""The messaging app: a room's messages go with it."""

from django.apps import AppConfig


class MessagingConfig(AppConfig):
    name = "messaging"

    def ready(self) -> None:
        from messaging import download, quiet, receivers  # noqa: F401
        from rooms import news

        news.count_quiet = quiet.count_quiet
