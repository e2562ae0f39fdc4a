"""Suspending and deleting accounts, and deleting old data."""
