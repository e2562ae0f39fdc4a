"""Live delivery: topics, the hub and sockets. This app imports no models and no other app."""
