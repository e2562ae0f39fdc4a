"""The ASGI edge: the WSGI bridge, request bodies, file responses, health and metrics."""
