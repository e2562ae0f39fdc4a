"""Orders messages by how well they match a query, how short they are, and how new."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from messaging.models import MessageRow
from messaging.search.query import Term
from messaging.search.tokens import runs, tokenize

MAX_TOKENS = 1_000  # of a message
HALF_LIFE = timedelta(days=180)
USUAL_LENGTH = 50  # words


def best_first(messages: Iterable[MessageRow], terms: Sequence[Term], now: datetime) -> list[MessageRow]:
    """Return messages in the order of their scores. Those with the same score keep their order."""
    sought = [[token for run in runs(term.text) for token in run.tokens] for term in terms]
    return sorted(messages, key=lambda message: -_score(message, sought, now))


def _score(message: MessageRow, sought: Sequence[Sequence[str]], now: datetime) -> float:
    words, _ = tokenize(message.body, MAX_TOKENS)
    matching = sum(_match(words, tokens) for tokens in sought)
    in_order = 1.0 if _contains(words, [token for tokens in sought for token in tokens]) else 0.0
    age = max(now - message.created_at, timedelta())
    return (matching + in_order) / (1 + len(words) / USUAL_LENGTH) * 0.5 ** (age / HALF_LIFE)


def _match(words: Sequence[str], tokens: Sequence[str]) -> float:
    """Return 2 for whole words and 1 for beginnings, and a little more if there are several."""
    if not tokens:
        return 0.0
    last = tokens[-1]
    whole = words.count(last)
    starting = sum(word.startswith(last) for word in words) - whole
    return (2 * whole + starting) / (whole + starting) + 0.1 * min(whole + starting, 5) if whole + starting else 0.0


def _contains(words: Sequence[str], tokens: Sequence[str]) -> bool:
    length = len(tokens)
    return length > 1 and any(words[at : at + length] == tokens for at in range(len(words) - length + 1))
