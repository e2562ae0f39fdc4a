"""Chatsite: the project that wires the apps together."""
