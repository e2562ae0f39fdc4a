"""The rooms app: newcomers are put into the default rooms."""

from django.apps import AppConfig


class RoomsConfig(AppConfig):
    name = "rooms"

    def ready(self) -> None:
        from rooms import data_export, receivers  # noqa: F401
