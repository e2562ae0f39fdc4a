"""Makes the project an app, so that Django finds its template tags."""

from django.apps import AppConfig


class ChatsiteConfig(AppConfig):
    name = "chatsite"
