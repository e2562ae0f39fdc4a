"""Logging in, sessions and their revocation."""
