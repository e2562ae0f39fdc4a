"""A terminal client for Chatsite."""
