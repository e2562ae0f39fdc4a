"""Channels as in its tutorial, except that each message is stored before it is sent to the group."""
