"""Finds whom the names in messages mean."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from accounts import usernames
from accounts.models import User
from accounts.sql import batched, fetch, placeholders, table
from messaging.rendering import Rendered
from messaging.rendering.mentions import candidates_in, replace_candidates


@dataclass(frozen=True, slots=True)
class Mentionable:
    """The people whose names occur in messages. `people`: the ids of their accounts by username key."""

    people: Mapping[str, int] = field(default_factory=dict)

    def resolve(self, rendered: Rendered) -> tuple[str, str]:
        """Return the HTML with mentions in place of the candidates, and the value of the message's `mentions`."""
        found: dict[int, None] = {}

        def person(name: str) -> str | None:
            user_id = self.people.get(usernames.key(name[1:]))
            if user_id is None:
                return None
            found[user_id] = None
            return str(user_id)

        html = replace_candidates(rendered.html, person)
        return html, " ".join(map(str, found))


def find_mentionable(contents: Iterable[Rendered]) -> Mentionable:
    """Look up the names in rendered messages with one query for each 500 of them. Suspended people aren't found."""
    keys = {usernames.key(name[1:]) for content in contents for name in candidates_in(content.html)}
    people: dict[str, int] = {}
    for some in batched(sorted(keys)):
        sql = (
            f"SELECT username_key, id FROM {table(User)} "  # noqa: S608
            f"WHERE username_key IN ({placeholders(len(some))}) AND is_active"
        )
        people |= fetch(sql, some)
    return Mentionable(people)
