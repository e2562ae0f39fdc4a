"""Channels as its tutorial teaches it, with each message stored before it is sent to the group."""
