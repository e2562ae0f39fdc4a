"""Messages, their history and the live protocol."""
