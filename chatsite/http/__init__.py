"""The ASGI layer: the WSGI bridge, request bodies, file responses, health checks and metrics."""
