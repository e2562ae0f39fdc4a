"""Confined processes for work on untrusted data. Imports nothing else, so that the processes load quickly."""
