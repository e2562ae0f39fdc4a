"""Names of topics, which no other module should write out."""

import hashlib

everyone = "everyone"


def room_topic(room_id: int) -> str:
    return f"room:{room_id}"


def preview_topic(room_id: int) -> str:
    """Return the topic of those who have a public room open without being members."""
    return f"preview:{room_id}"


def user_topic(user_id: int) -> str:
    return f"user:{user_id}"


def session_topic(session_key: str) -> str:
    """Return the topic of a session or an API token. The key is hashed: a session's key must not leave the process."""
    return f"session:{hashlib.sha256(session_key.encode()).hexdigest()[:32]}"


def room_of(topic: str) -> int | None:
    """Return the id of the topic's room, or None."""
    kind, _, number = topic.partition(":")
    return int(number) if kind == "room" else None


def previewed_room_of(topic: str) -> int | None:
    """Return the id of the room that the topic's sockets preview, or None."""
    kind, _, number = topic.partition(":")
    return int(number) if kind == "preview" else None


def user_of(topic: str) -> int | None:
    """Return the id of the topic's user, or None."""
    kind, _, number = topic.partition(":")
    return int(number) if kind == "user" else None
