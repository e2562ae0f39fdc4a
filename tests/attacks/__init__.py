"""Attacks by members and strangers on a running server, and their effect on other users."""
