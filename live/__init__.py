"""Live delivery: topics, the hub and sockets. Imports no model and no other app."""
