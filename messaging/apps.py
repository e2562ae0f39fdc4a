"""The messaging app: messages, attachments, moderation and the live protocol."""

from django.apps import AppConfig


class MessagingConfig(AppConfig):
    name = "messaging"

    def ready(self) -> None:
        from messaging import data_export, receivers  # noqa: F401  (they register themselves)
        from messaging.history.unread import count_suppressed_unread
        from rooms import news

        news.count_suppressed_unread = count_suppressed_unread
