"""Fixtures for the search of messages."""

from collections.abc import Callable

import pytest

from messaging.models import Message
from messaging.search.engines import engine, postgres
from messaging.search.entry import entry_of
from messaging.search.index import _file_texts
from tests.messaging.search.index_reader import stored_entries


@pytest.fixture
def check_index(db) -> Callable[[], None]:
    """Return a function that compares the whole index with the messages."""

    def check() -> None:
        messages = list(Message.objects.filter(deleted_at=None))
        texts = _file_texts([message.pk for message in messages])
        entries = [entry_of(message, texts.get(message.pk, ())) for message in messages]
        expected = {
            entry.pk: postgres._vector(entry) if engine() is postgres else " ".join((*entry.facts, *entry.words))
            for entry in entries
        }
        assert stored_entries(expected) == expected

    return check
