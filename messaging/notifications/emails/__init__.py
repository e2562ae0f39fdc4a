"""Emails about messages that people haven't read, and how to stop them."""
