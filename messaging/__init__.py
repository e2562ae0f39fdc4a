"""What is said: messages, their history and the live protocol."""
