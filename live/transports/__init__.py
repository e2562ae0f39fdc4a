"""Ways to write to a WebSocket: ASGI for any server, direct frames on Uvicorn."""
