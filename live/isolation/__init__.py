"""Confined processes for work on untrusted data. Imports nothing else, so that they start quickly."""
