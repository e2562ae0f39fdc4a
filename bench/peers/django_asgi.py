"""Chatsite with its pages served by Django's own ASGI handler: `python -m bench.peers.django_asgi`."""

from channels.routing import ProtocolTypeRouter
from django.core.asgi import get_asgi_application

from chatsite import asgi
from chatsite.http.health import HealthMiddleware
from chatsite.http.readiness import readiness
from chatsite.server import main

pages = HealthMiddleware(get_asgi_application(), readiness)  # type: ignore[arg-type]
asgi.application = ProtocolTypeRouter({**asgi.application.application_mapping, "http": pages})

if __name__ == "__main__":
    main.main()
