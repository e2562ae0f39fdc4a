"""The project as an app, for its template tags."""

from django.apps import AppConfig


class ChatsiteConfig(AppConfig):
    name = "chatsite"
