"""Live delivery: topics, the hub, sockets. Knows no model and no app."""
