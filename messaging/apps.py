"""The messaging app: messages, attachments, moderation and the live protocol."""

from django.apps import AppConfig


class MessagingConfig(AppConfig):
    name = "messaging"

    def ready(self) -> None:
        from messaging import data_export, receivers  # noqa: F401  (they register themselves)
