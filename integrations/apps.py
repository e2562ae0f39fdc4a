"""The integrations app: what connects rooms with other services."""

from django.apps import AppConfig


class IntegrationsConfig(AppConfig):
    name = "integrations"
