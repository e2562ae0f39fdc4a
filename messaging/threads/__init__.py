"""Threads: a message with all replies to it, and to these."""
