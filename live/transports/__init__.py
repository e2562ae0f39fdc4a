"""Ways to write to a WebSocket: through ASGI on any server, or directly to the connection on Uvicorn."""
