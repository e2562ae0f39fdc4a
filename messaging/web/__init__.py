"""Views and the WebSocket consumer."""
