"""The HTTP API: the live protocol's commands, and the site's data, for programs."""
