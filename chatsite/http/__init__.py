"""The ASGI edge: pages through WSGI, request bodies, files, health and metrics."""
