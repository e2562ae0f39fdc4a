"""The ASGI application. Sockets are handled by Channels, and pages by Django's WSGI handler in a few threads.

Under ASGI, Django uses a new thread and database connection for each request; here both are reused (docs/adr/0002,
docs/adr/0005).
"""

import os
from typing import Any, cast

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatsite.settings")

from django.core.wsgi import get_wsgi_application

django_pages = get_wsgi_application()

from channels.routing import ProtocolTypeRouter, URLRouter
from channels.sessions import CookieMiddleware
from django.conf import settings
from django.urls import path, re_path
from servestatic import ServeStaticASGI

from api.application import APIMiddleware
from chatsite.http.health import HealthMiddleware
from chatsite.http.lifespan import lifespan
from chatsite.http.metrics import MetricsMiddleware
from chatsite.http.readiness import readiness
from chatsite.http.wsgi_bridge import WSGIBridge
from integrations.incoming.endpoint import HooksMiddleware
from integrations.slash_commands.endpoint import CommandResponsesMiddleware
from live.http.origin import SameOriginMiddleware
from live.http.responses import websocket_not_found
from messaging.web.consumer import LiveConsumer
from messaging.web.tus import TusMiddleware

PAGE_THREADS = 3  # with ten, sockets wait two to five times as long behind busy pages, and pages are no faster

pages = CookieMiddleware(APIMiddleware(TusMiddleware(WSGIBridge(django_pages, threads=PAGE_THREADS))))
http = ServeStaticASGI(
    CommandResponsesMiddleware(HooksMiddleware(pages)),
    root=settings.STATIC_ROOT,
    prefix=settings.STATIC_URL,
    autorefresh=settings.DEBUG,
    allow_all_origins=False,
)
sockets = SameOriginMiddleware(
    CookieMiddleware(URLRouter([path("ws/", LiveConsumer.as_asgi()), re_path("", cast(Any, websocket_not_found))]))
)

application = ProtocolTypeRouter(
    {"http": HealthMiddleware(MetricsMiddleware(http), readiness), "websocket": sockets, "lifespan": lifespan},
)
