"""Outgoing email: a queue in the database, so that no request waits for the mail server."""
