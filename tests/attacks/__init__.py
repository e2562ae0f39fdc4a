"""Attacks by members and strangers on a running server, and what others notice of them."""
