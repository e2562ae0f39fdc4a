"""Slash commands that people add to a room or the site: each is sent to a server, whose answer is shown or posted."""
