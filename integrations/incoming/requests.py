"""Turns a request into the drafts of its messages: what it needs from the database, the conversion, and the drafts."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple
from uuid import UUID, uuid5

from django.conf import settings
from django.utils import timezone

from accounts.models import User
from integrations.aliases import CheckedAlias, check_alias
from integrations.incoming.payload import Post, read_post
from integrations.incoming.queries import Hook
from integrations.incoming.slack.angles import Names
from integrations.incoming.splitting import split
from messaging.history.journal import find_message
from messaging.models.alias import Alias
from messaging.posting.batch import Draft
from messaging.posting.inserts import find_stored

Headers = Mapping[str, str]

# A request that is repeated within this time, without a header that identifies it, posts nothing.
REPEATED_WITHIN = timedelta(seconds=60)
MAX_KEY = 200
MAX_NAMES = 50

_NAMESPACE = UUID("5b3e3c0a-7d0f-4a55-9c0e-5f4a6c1d2b90")
_KEYS = (
    *("idempotency-key", "x-github-delivery", "x-gitea-delivery", "x-forgejo-delivery", "x-gitlab-event-uuid"),
    *("request-id", "x-request-id"),
)
_MENTIONED_ID = re.compile(rb"<@(\d{1,18})[|>]")


@dataclass(frozen=True, slots=True)
class Context:
    """The data that the conversion of a request needs from the database.

    key: identifies the request, so that a repetition of it posts nothing.
    names: the usernames of people whom the payload mentions by their ids here.
    """

    key: str
    names: Names


@dataclass(frozen=True, slots=True)
class Converted:
    """A request's post, and the texts of its messages: none for an event that is not shown."""

    post: Post
    parts: list[str]


class Target(NamedTuple):
    """The thread and the alias of a post, once checked. `problem`: why the alias isn't used, or ""."""

    reply_to: int | None
    alias: Alias | None
    problem: str


def look_up(hook: Hook, headers: Headers, body: bytes) -> Context:
    """Return what the conversion needs, with up to two queries."""
    return Context(_key_of(hook, headers, body), _names_in(body))


def convert(hook: Hook, headers: Headers, body: bytes, names: Names) -> Converted:
    """Convert a payload, without the database. Raises PayloadError."""
    post = read_post(headers, body, is_markdown=hook.is_markdown, names=names)
    return Converted(post, split(post.body, settings.CHAT_MAX_BODY) if post.body else [])


def find_target(hook: Hook, post: Post) -> Target:
    """Check the thread and the alias of a post. What can't be used is left out, so that the post isn't lost."""
    checked = check_alias(post.alias) if hook.allows_alias and any(post.alias) else CheckedAlias(None)
    return Target(_reply_target(hook, post.thread) if post.thread else None, *checked)


def make_drafts(hook: Hook, parts: list[str], key: str, target: Target) -> list[Draft]:
    return [
        Draft(
            sender_id=hook.bot_id,
            room_id=hook.room_id,
            client_id=_client_id(key, place),
            body=part,
            reply_to_id=target.reply_to,
            alias=target.alias,
            is_exempt=True,
            mentions_everyone=hook.mentions_everyone,
        )
        for place, part in enumerate(parts)
    ]


def _reply_target(hook: Hook, message_id: int) -> int | None:
    """Return the message if it is in the webhook's room."""
    message = find_message(hook.room_id, message_id, viewer=None)
    return message.pk if message is not None and message.deleted_at is None else None


def _key_of(hook: Hook, headers: Headers, body: bytes) -> str:
    for name in _KEYS:
        if key := headers.get(name, "")[:MAX_KEY]:
            return f"{hook.pk} {name} {key}"
    digest = hashlib.sha256(body).hexdigest()
    period = int(timezone.now().timestamp() // REPEATED_WITHIN.total_seconds())
    earlier = f"{hook.pk} body {digest} {period - 1}"
    return earlier if _is_recent(hook, earlier) else f"{hook.pk} body {digest} {period}"


def _is_recent(hook: Hook, key: str) -> bool:
    """Return whether a request with this key was posted just before the current period."""
    found = find_stored([(hook.bot_id, _client_id(key, 0))])
    return any(timezone.now() - message.created_at < REPEATED_WITHIN for message in found.values())


def _client_id(key: str, place: int) -> UUID:
    return uuid5(_NAMESPACE, f"{key} {place}")


def _names_in(body: bytes) -> Names:
    ids = list(dict.fromkeys(int(found) for found in _MENTIONED_ID.findall(body)))[:MAX_NAMES]
    people = User.objects.read_active(ids, frozenset({"id", "username"})) if ids else {}
    return {str(pk): person.username for pk, person in people.items()}
