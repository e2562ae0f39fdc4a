"""Looks up the users of many API tokens in bulk, as `session_lookup` does for sessions, and records their use."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeGuard

from django.db import transaction
from django.utils import timezone

from accounts.auth.session_lookup import FIELDS
from accounts.models import APIToken, Scope, User
from accounts.models.api_token import digest_of, scopes_of
from accounts.sql import aware, batched, execute_many, fetch, placeholders, table, time_value

PREFIX = "chatsite_"  # by which secret scanners recognize a token
NOTE_USE = timedelta(minutes=5)  # the interval at which the use of a token is recorded

_SECRET = re.compile(rf"{PREFIX}[A-Za-z0-9_-]{{43}}")


@dataclass(frozen=True, slots=True)
class TokenUser:
    """A user who is authenticated by a token. `last_used_at`: the use that was recorded last."""

    user: User
    token_id: int
    scopes: frozenset[Scope]
    last_used_at: datetime | None = None

    @property
    def key(self) -> str:
        return token_key(self.token_id)

    @property
    def is_use_due(self) -> bool:
        """Whether this use should be recorded."""
        return self.last_used_at is None or self.last_used_at < timezone.now() - NOTE_USE


def token_key(token_id: int) -> str:
    """Return a key that stands for a token among those of sessions. It is no credential."""
    return f"token:{token_id}"


def bearer_of(authorization: str) -> str | None:
    """Return the token in the value of an Authorization header, or None if it has another scheme.

    A proxy may have asked for a password, which browsers then send with every request.
    """
    scheme, _space, token = authorization.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def users_of_tokens(secrets: Sequence[str]) -> list[TokenUser | None]:
    """Return the user of each token, or None if it isn't valid or its user is suspended, in two queries."""
    digests = {secret: digest_of(secret) for secret in secrets if _is_secret(secret)}
    tokens = _read_usable("digest", digests.values())
    users = User.objects.read_active({user_id for _pk, user_id, *_rest in tokens.values()}, FIELDS)
    return [_token_user(tokens.get(digests.get(secret, "")), users) for secret in secrets]


def ended_tokens(tokens: Iterable[TokenUser]) -> set[int]:
    """Return the ids of those tokens that were revoked or have expired, or whose user is suspended."""
    holders = {token.token_id: token.user.pk for token in tokens}
    if not holders:
        return set()
    usable = {row[0] for row in _read_usable("id", holders).values()}
    active = set(User.objects.filter(pk__in=set(holders.values()), is_active=True).values_list("pk", flat=True))
    return {pk for pk, user_id in holders.items() if pk not in usable or user_id not in active}


def note_use(uses: Sequence[tuple[TokenUser, str]]) -> list[None]:
    """Record that these tokens were used from these addresses, unless their use was recorded within NOTE_USE.

    It returns a result for each, so that a `Batcher` can collect the uses.
    """
    now = timezone.now()
    due = {token.token_id: address for token, address in uses if token.is_use_due}
    if due:
        _store_uses(due, now)
    return [None] * len(uses)


@transaction.atomic
def _store_uses(addresses: dict[int, str], now: datetime) -> None:
    execute_many(
        f"UPDATE {table(APIToken)} SET last_used_at = %s, last_used_address = %s "  # noqa: S608
        "WHERE id = %s AND (last_used_at IS NULL OR last_used_at < %s)",
        [(time_value(now), addresses[pk][:64], pk, time_value(now - NOTE_USE)) for pk in sorted(addresses)],
    )


def _is_secret(secret: str) -> TypeGuard[str]:
    return _SECRET.fullmatch(secret) is not None


def _read_usable(column: str, values: Iterable[Any]) -> dict[Any, tuple[Any, ...]]:
    """Return the id, user id, scopes and last use of usable tokens, by the value of a column."""
    found: dict[Any, tuple[Any, ...]] = {}
    for some in batched(set(values)):
        sql = (
            f"SELECT {column}, id, user_id, scopes, last_used_at FROM {table(APIToken)} "  # noqa: S608
            f"WHERE {column} IN ({placeholders(len(some))}) "
            "AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > %s)"
        )
        found |= {value: tuple(row) for value, *row in fetch(sql, [*some, time_value(timezone.now())])}
    return found


def _token_user(row: tuple[Any, ...] | None, users: dict[int, User]) -> TokenUser | None:
    if row is None or row[1] not in users:
        return None
    pk, user_id, scope_bits, last_used_at = row
    return TokenUser(users[user_id], pk, scopes_of(scope_bits), aware(last_used_at))
