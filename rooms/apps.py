"""Configuration of the rooms app."""

from django.apps import AppConfig


class RoomsConfig(AppConfig):
    name = "rooms"

    def ready(self) -> None:
        from rooms import data_export, receivers  # noqa: F401  (they register themselves)
