"""Profiles: avatars, statuses and notices."""
