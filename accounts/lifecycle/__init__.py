"""Suspending, deleting and expiring accounts and their data."""
