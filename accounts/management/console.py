"""Helpers for account commands: find an account, ask for confirmation, and name options in errors."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management import CommandError

from accounts import usernames
from accounts.models import User


def find_account(username: str, *, argument: str = "USERNAME") -> User:
    """Return a person or a bot, whether or not they are suspended. Raises CommandError."""
    user = User.objects.filter(username_key=usernames.key(username), deleted_at=None).first()
    if user is None:
        raise CommandError(f"{argument}: no user named {username!r}. Run 'manage.py list_people' to list them.")
    return user


@contextmanager
def errors_by_option(**options: str) -> Iterator[None]:
    """Raise an action's ValidationError as a CommandError. `options`: those of fields that aren't named alike."""
    try:
        yield
    except ValidationError as error:
        lines = [
            f"{options.get(field, field)}: {message}"
            for field, messages in error.message_dict.items()
            for message in messages
        ]
        raise CommandError("\n".join(lines)) from error


def confirm(question: str, expected: str) -> None:
    """Ask for a text. Raises CommandError unless it is typed."""
    try:
        answer = input(question)
    except (EOFError, KeyboardInterrupt) as error:
        raise CommandError("Not confirmed, so nothing was deleted. Use --yes to skip the confirmation.") from error
    if " ".join(answer.split()) != expected:
        raise CommandError("That doesn’t match, so nothing was deleted.")


def as_json(data: Any) -> str:
    return json.dumps(data, ensure_ascii=False, indent=2)


def printable(text: object, width: int) -> str:
    """Pad or truncate a text. A name must not send control sequences to the terminal."""
    shown = "".join(letter if letter.isprintable() else "?" for letter in str(text))
    return f"{shown[:width]:<{width}}"
