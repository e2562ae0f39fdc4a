"""Writes the index. Every action that changes a message calls these functions in its own transaction."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

from accounts.sql import fetch, placeholders, table
from messaging.models import Attachment, AttachmentText, SearchRemoval
from messaging.search.engines import engine
from messaging.search.entry import Indexable, entry_of
from messaging.search.vocabulary import add_words


def index_messages(messages: Sequence[Indexable]) -> None:
    """Index messages that have been inserted, or index them again. Their attachments must already be stored."""
    texts = _file_texts([message.pk for message in messages if message.files])
    entries = [entry_of(message, texts.get(message.pk, ())) for message in messages]
    engine().store(entries)
    add_words(set().union(*(entry.words for entry in entries)))


def remove_messages(message_ids: Collection[int]) -> None:
    engine().remove(message_ids)


def remove_room(room_id: int) -> None:
    """Remove the messages of a deleted room later, because there may be many. They are no longer found in any case."""
    SearchRemoval.objects.bulk_create([SearchRemoval(room_id=room_id)], ignore_conflicts=True)


def _file_texts(message_ids: Sequence[int]) -> Mapping[int, list[str]]:
    """Return the tokens of the messages' text files."""
    texts: dict[int, list[str]] = defaultdict(list)
    if message_ids:
        sql = (
            f"SELECT file.message_id, content.tokens FROM {table(AttachmentText)} content "  # noqa: S608
            f"JOIN {table(Attachment)} file ON file.id = content.attachment_id "
            f"WHERE file.message_id IN ({placeholders(len(message_ids))}) ORDER BY file.message_id, file.position"
        )
        for message_id, tokens in fetch(sql, message_ids):
            texts[message_id].append(tokens)
    return texts
