"""Ways to write to a WebSocket: ASGI on any server, or frames straight to the connection on Uvicorn."""
