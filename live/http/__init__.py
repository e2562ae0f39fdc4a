"""HTTP and WebSocket requests at the level of ASGI: bodies, short responses and origins."""
