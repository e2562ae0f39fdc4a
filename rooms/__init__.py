"""Rooms: their members, permissions and moderation."""
