"""Serializes accounts and tokens, as the API and the command line show them to those who manage them."""

from typing import Any

from accounts.models import APIToken, User
from rooms.serializers import serialize_person, serialize_time

JSON = dict[str, Any]


def serialize_account(person: User) -> JSON:
    return {
        **serialize_person(person),
        "email": person.email,
        "is_active": person.is_active,
        "suspended_until": serialize_time(person.suspended_until),
        "is_staff": person.is_staff,
        "is_superuser": person.is_superuser,
        "joined_at": serialize_time(person.date_joined),
        "last_seen_at": serialize_time(person.last_seen_at),
    }


def serialize_token(token: APIToken) -> JSON:
    """Serialize a token without its secret, of which `hint` is the end."""
    return {
        "id": token.pk,
        "holder": serialize_person(token.user),
        "name": token.name,
        "hint": token.hint,
        "scopes": token.scope_values,
        "created_at": serialize_time(token.created_at),
        "expires_at": serialize_time(token.expires_at),
        "last_used_at": serialize_time(token.last_used_at),
    }
