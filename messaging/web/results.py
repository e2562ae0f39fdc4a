"""Messages as lists of results show them, such as those of the search."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from accounts.models import User
from messaging.attachments.serializers import attachments_of
from messaging.mentions.groups import groups_in
from messaging.mentions.names import EVERYONE
from messaging.models import MessageRow
from messaging.rendering.mentions import group_mentions_in, mentions_in
from messaging.search.snippets import Part, make_snippet, mark
from rooms.serializers import serialize_room_labels


class Result(NamedTuple):
    """A message with its room's label, a part of its text, and the names of its files."""

    message: MessageRow
    room: dict[str, Any]
    snippet: list[Part]
    files: list[list[Part]]
    is_unread: bool = False


def make_results(viewer: User, messages: Sequence[MessageRow], highlights: Iterable[Sequence[str]]) -> list[Result]:
    """Return results for messages that the viewer sees. `highlights`: for each of them, the words to mark."""
    rooms = serialize_room_labels(viewer, {message.room_id for message in messages})
    return [
        Result(
            message,
            rooms[message.room_id],
            make_snippet(message.html, spellings),
            [mark(file["name"], spellings) for file in attachments_of(message)],
        )
        for message, spellings in zip(messages, highlights, strict=True)
    ]


def mention_spellings(message: MessageRow, user_id: int) -> list[str]:
    """Return the mentions of a user, of their groups and of everyone, as they are spelled in the message."""
    own = [text for value in (str(user_id), *EVERYONE) for text in mentions_in(message.html, value)]
    groups = [group.group_id for group in groups_in(message.mentions) if user_id in group.user_ids]
    return [*own, *(text for group_id in groups for text in group_mentions_in(message.html, group_id))]
