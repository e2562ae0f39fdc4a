"""Incoming webhooks: other services post into a room by sending JSON to a secret URL.

`payload` reads what was sent, `slack` and `formats` convert it to Markdown, `endpoint` answers requests. Each webhook
posts as a bot of its own, through the same writer as people do.
"""
