"""The ASGI application: sockets to Channels, pages to Django's WSGI handler in a few threads.

Under ASGI Django gives each request a thread and a fresh connection of its own; here threads and
connections stay (docs/adr/0002, docs/adr/0005).
"""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatsite.settings")

from django.core.wsgi import get_wsgi_application

django_pages = get_wsgi_application()

from channels.routing import ProtocolTypeRouter, URLRouter
from channels.sessions import CookieMiddleware
from django.conf import settings
from django.urls import path
from servestatic import ServeStaticASGI

from chatsite.http.health import HealthFirst
from chatsite.http.lifespan import lifespan
from chatsite.http.metrics import MetricsFirst
from chatsite.http.origin import OwnOriginOnly
from chatsite.http.readiness import readiness
from chatsite.http.wsgi_bridge import Pages
from messaging.web.consumer import LiveConsumer
from messaging.web.tus import TusMiddleware

PAGE_THREADS = 3  # with ten, sockets wait two to five times as long behind busy pages, and no page comes sooner

http = ServeStaticASGI(
    CookieMiddleware(TusMiddleware(Pages(django_pages, threads=PAGE_THREADS))),
    root=settings.STATIC_ROOT,
    prefix=settings.STATIC_URL,
    autorefresh=settings.DEBUG,
)
sockets = OwnOriginOnly(CookieMiddleware(URLRouter([path("ws/", LiveConsumer.as_asgi())])))

application = ProtocolTypeRouter(
    {"http": HealthFirst(MetricsFirst(http), readiness), "websocket": sockets, "lifespan": lifespan},
)
