"""The names and emoji that other services choose for what they post, as Slack's `username` and `icon_emoji`."""

from typing import Any, NamedTuple

from django.core.exceptions import ValidationError

from accounts import usernames
from accounts.models import NamePart, User
from accounts.unicode.folding import fold
from accounts.unicode.visibility import cleaned
from integrations.incoming.fields import text
from integrations.incoming.slack.short_codes import emoji_named
from messaging.models.alias import NAME_LENGTH, Alias

MAX_READ = 500  # characters of a name

_HIDDEN = "The bot’s own name was shown, because the name that was sent can’t be used or is that of a person here."


class CheckedAlias(NamedTuple):
    """The alias to show, or None. `problem`: why the name isn't shown, or ""."""

    alias: Alias | None
    problem: str = ""


def read_alias(data: Any) -> Alias:
    """Return the name and emoji that a payload chooses. Its name isn't checked yet."""
    name = cleaned(" ".join(text(data, "username")[:MAX_READ].split()))
    return Alias(name[:NAME_LENGTH].rstrip(), emoji_named(text(data, "icon_emoji")))


def check_alias(alias: Alias) -> CheckedAlias:
    """Refuse names that belong to people here, look like a username, or are reserved. Runs up to two queries."""
    if alias.name and not _is_free(alias.name):
        alias = Alias(emoji=alias.emoji)
        return CheckedAlias(alias if any(alias) else None, _HIDDEN)
    return CheckedAlias(alias if any(alias) else None)


def _is_free(name: str) -> bool:
    try:
        usernames.validate_alias(name)
    except ValidationError:
        return False
    people = User.objects.filter(is_bot=False)
    if people.filter(username_skeleton=usernames.skeleton(name)).exclude(username_skeleton="").exists():
        return False
    return not people.filter(pk__in=NamePart.objects.named(fold(name)).values("user")).exists()
