"""The messaging app: a room's messages go with it."""

from django.apps import AppConfig


class MessagingConfig(AppConfig):
    name = "messaging"

    def ready(self) -> None:
        from messaging import data_export, receivers
        from messaging.history import unread  # noqa: F401
        from rooms import news

        news.count_quiet = unread.count_quiet
