"""Reactions to messages: their summary, which is stored with each message, and who reacted."""
