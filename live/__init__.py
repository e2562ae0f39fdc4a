"""Live delivery, thread pools and confined processes. This app imports no models and no other app."""
