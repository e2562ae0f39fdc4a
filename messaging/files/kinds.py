"""Stand-in."""

PLAYABLE = frozenset({"video/mp4", "audio/mpeg"})
