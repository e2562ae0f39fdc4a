"""Suspension and deletion of accounts, and deletion of old data."""
