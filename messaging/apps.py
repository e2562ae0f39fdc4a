"""The messaging app: a room's messages go with it."""

from django.apps import AppConfig


class MessagingConfig(AppConfig):
    name = "messaging"

    def ready(self) -> None:
        from messaging import data_export, receivers  # noqa: F401
        from messaging.history import unread
        from rooms import news

        news.count_suppressed_unread = unread.count_suppressed_unread
