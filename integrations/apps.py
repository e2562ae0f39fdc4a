"""The integrations app: what connects rooms with other services."""

from django.apps import AppConfig


class IntegrationsConfig(AppConfig):
    name = "integrations"

    def ready(self) -> None:
        from integrations import receivers  # noqa: F401  (they register themselves)
        from integrations.outgoing import registration as outgoing_webhooks  # noqa: F401
        from integrations.slash_commands import registration as slash_commands  # noqa: F401
