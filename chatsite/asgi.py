"""The ASGI application: sockets to Channels, pages to Django's WSGI handler in a thread pool.

Under ASGI Django gives each request a thread and a fresh connection of its own; through the pool
threads and connections stay (1.6 times the requests per second, see docs/adr/0002).
"""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatsite.settings")

from django.core.wsgi import get_wsgi_application

pages = get_wsgi_application()

from a2wsgi import WSGIMiddleware
from channels.routing import ProtocolTypeRouter, URLRouter
from channels.sessions import CookieMiddleware
from django.conf import settings
from django.urls import path
from servestatic import ServeStaticASGI

from chatsite.bodies import WholeBodies
from chatsite.health import HealthFirst
from chatsite.lifespan import lifespan
from chatsite.metrics_page import MetricsFirst
from chatsite.origin import OwnOriginOnly
from chatsite.readiness import readiness
from messaging.consumers import LiveConsumer

PAGE_THREADS = 10

http = ServeStaticASGI(
    WholeBodies(WSGIMiddleware(pages, workers=PAGE_THREADS)),  # type: ignore[arg-type]
    root=settings.STATIC_ROOT,
    prefix=settings.STATIC_URL,
    autorefresh=settings.DEBUG,
)
sockets = OwnOriginOnly(CookieMiddleware(URLRouter([path("ws/", LiveConsumer.as_asgi())])))

application = ProtocolTypeRouter(
    {"http": HealthFirst(MetricsFirst(http), readiness), "websocket": sockets, "lifespan": lifespan},
)
