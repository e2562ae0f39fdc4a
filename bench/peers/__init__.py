"""Servers that Chatsite is compared with."""
