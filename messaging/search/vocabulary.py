"""The words that occur in messages, in which the beginnings and parts of words are looked up.

A search for a beginning is a search for the words that have it. The index would otherwise merge everything that it has
for all of them before it returns the newest message, or need entries of its own for each beginning.

Words are listed in the order in which they first occurred, so the commonest tend to come first. They stay in the list
when messages are deleted.
"""

from collections.abc import Collection
from functools import partial

from django.db import transaction

from accounts.sql import batched, database, value_rows
from messaging.search.engines import engine
from messaging.search.tokens import is_vocabulary

LIMIT = 30  # words that stand for one beginning or part
STARTING_CANDIDATES = 5_000  # of which the commonest are taken
CONTAINING_CANDIDATES = 300_000  # read in 20 ms
MIN_BEGINNING, MIN_PART = 2, 3
MAX_PARTS = 4  # that one search looks up, each in about 20 ms
MAX_KNOWN = 50_000

_known: set[str] = (
    set()
)  # words that are certainly in the list, so that common ones needn't be inserted again and again


def add_words(tokens: set[str]) -> None:
    """List new words, in an order in which processes can't deadlock."""
    new = sorted(token for token in tokens - _known if is_vocabulary(token))
    for words in batched(new):
        with database().cursor() as cursor:
            sql = f"INSERT INTO messaging_searchword (text) VALUES {value_rows(1, len(words))} ON CONFLICT DO NOTHING"  # noqa: S608
            cursor.execute(sql, [word.encode() for word in words])
    if new:
        transaction.on_commit(partial(_remember, new))


def words_starting(beginning: str) -> list[str]:
    """Return the most common words with this prefix, up to LIMIT."""
    if len(beginning) < MIN_BEGINNING:
        return []
    found = engine().words_starting(beginning.encode(), candidates=STARTING_CANDIDATES, limit=LIMIT)
    return [word.decode() for word in found]


class Parts:
    """Looks up the parts of words for one search."""

    def __init__(self) -> None:
        self._left = MAX_PARTS

    def words_containing(self, part: str) -> list[str]:
        """Return the most common words that contain this part, up to LIMIT, or none if too many were looked up."""
        if len(part) < MIN_PART or not self._left:
            return []
        self._left -= 1
        found = engine().words_containing(part.encode(), candidates=CONTAINING_CANDIDATES, limit=LIMIT)
        return [word.decode() for word in found]


def forget() -> None:
    """Forget which words are in the list, for another database."""
    _known.clear()


def _remember(words: Collection[str]) -> None:
    if len(_known) > MAX_KNOWN:
        _known.clear()
    _known.update(words)
