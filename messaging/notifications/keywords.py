"""Keywords: words and phrases about which users want to be notified."""

from collections import defaultdict
from collections.abc import Collection, Sequence

from accounts.sql import batched, fetch, placeholders, table
from messaging.models import Keyword, Message
from messaging.notifications.backlog import NewMessage
from messaging.search.tokens import runs, tokenize
from rooms.models import Membership

MAX_TOKENS = 1_000  # of a message, in which keywords are looked for

# The ids of the users by key, by its first token, by room. So a message costs no more if members have many keywords.
_KeywordsByRoom = dict[int, dict[str, dict[str, list[int]]]]


def key_of(text: str) -> str:
    """Return the tokens of a keyword, between spaces, or "" if it has none."""
    found = list(runs(text))
    if not found:
        return ""
    *before, last = found
    return " ".join((*(token for run in before for token in run.tokens), *last.pairs))


def find_keywords(messages: Sequence[NewMessage], *, first: int, last: int) -> dict[int, set[int]]:
    """Return the users, with ids from `first` to `last`, one of whose keywords is in a message, by its id.

    They are members of its room. Their names in mentions count as well.
    """
    by_room = _read_keywords({message.room_id for message in messages}, first, last)
    sought = [message for message in messages if message.room_id in by_room]
    bodies = _read_bodies([message.pk for message in sought])
    found: dict[int, set[int]] = {}
    for message in sought:
        tokens, _ = tokenize(bodies[message.pk], MAX_TOKENS)
        text = f" {' '.join(tokens)} "
        keywords = by_room[message.room_id]
        for first_token in keywords.keys() & set(tokens):
            for key, user_ids in keywords[first_token].items():
                if f" {key} " in text:
                    found.setdefault(message.pk, set()).update(user_ids)
    return found


def _read_keywords(room_ids: Collection[int], first: int, last: int) -> _KeywordsByRoom:
    found: _KeywordsByRoom = {}
    for ids in batched(room_ids):
        sql = (
            f"SELECT member.room_id, keyword.key, keyword.user_id FROM {table(Keyword)} keyword "  # noqa: S608
            f"JOIN {table(Membership)} member ON member.user_id = keyword.user_id "
            f"WHERE member.room_id IN ({placeholders(len(ids))}) AND keyword.user_id BETWEEN %s AND %s"
        )
        for room_id, key, user_id in fetch(sql, [*ids, first, last]):
            by_key = found.setdefault(room_id, {}).setdefault(key.partition(" ")[0], defaultdict(list))
            by_key[key].append(user_id)
    return found


def _read_bodies(message_ids: Sequence[int]) -> dict[int, str]:
    found: dict[int, str] = {}
    for ids in batched(message_ids):
        found |= dict(fetch(f"SELECT id, body FROM {table(Message)} WHERE id IN ({placeholders(len(ids))})", ids))  # noqa: S608
    return found
