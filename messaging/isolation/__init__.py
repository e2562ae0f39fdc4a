"""Limits for processes that work on untrusted data."""
