"""Tracks connections, and the availability and activity of users."""
