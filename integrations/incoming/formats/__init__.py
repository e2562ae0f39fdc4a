"""Formats in which well-known services send their events, as Markdown."""
