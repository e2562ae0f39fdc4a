"""The tutorial's application without AuthMiddlewareStack, which would cost the peer extra queries."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bench.peers.stock.settings")

import django

django.setup()

from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.urls import path  # noqa: E402

from bench.peers.stock.consumers import ChatConsumer  # noqa: E402

call_command("migrate", run_syncdb=True, verbosity=0)
application = ProtocolTypeRouter(
    {"websocket": URLRouter([path("ws/chat/<str:room>/<str:name>/", ChatConsumer.as_asgi())])}
)
