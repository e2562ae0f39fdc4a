"""The same site with its pages through Django's own ASGI handler: `python -m bench.peers.django_asgi`."""

import uvicorn

from chatsite import server

APPLICATION = "bench.peers.django_asgi:application"
_configuration = server.configuration


def __getattr__(name: str) -> object:
    """The application, made when the server asks for it: Django is set up by then."""
    if name != "application":
        raise AttributeError(name)
    from channels.routing import ProtocolTypeRouter
    from django.core.asgi import get_asgi_application

    from chatsite import asgi
    from chatsite.health import HealthFirst
    from chatsite.readiness import readiness

    pages = HealthFirst(get_asgi_application(), readiness)  # type: ignore[arg-type]
    return ProtocolTypeRouter({**asgi.application.application_mapping, "http": pages})


def configuration() -> uvicorn.Config:
    config = _configuration()
    config.app = APPLICATION
    return config


if __name__ == "__main__":
    server.configuration = configuration
    server.main()
