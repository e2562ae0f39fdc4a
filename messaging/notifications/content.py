"""The texts of notifications."""

from collections.abc import Collection

from django.utils import translation
from django.utils.translation import gettext as _

from accounts.models import Person, User, public_columns
from accounts.sql import fetch, placeholders, table
from messaging.attachments.serializers import filenames_in
from messaging.history.aliases import sender_name
from messaging.history.events import Event
from messaging.models import Channel, MessageRow
from messaging.notifications.decision import Recipient
from messaging.rendering.excerpt import to_line
from rooms.models import Membership, Room, room_url
from rooms.serializers import others_in, title_of

MAX_BODY = 200  # characters


class Content:
    """The texts of notifications of some messages."""

    def __init__(self, messages: Collection[MessageRow]) -> None:
        rooms = Room.objects.filter(pk__in={message.room_id for message in messages})
        self._rooms = {pk: (kind, name) for pk, kind, name in rooms.values_list("pk", "kind", "name")}
        self._people = read_people([pk for pk, (kind, _name) in self._rooms.items() if kind == Room.Kind.GROUP])

    def event(self, message: MessageRow, recipient: Recipient, channel: Channel, trigger: str | None) -> Event:
        """Return the event that notifies on a page."""
        title, body = self.title(message, recipient), self.body(message, recipient)
        url = f"{room_url(message.room_id)}messages/{message.seq}/"
        return event_about(message, channel, trigger, title=title, body=body, url=url)

    def title(self, message: MessageRow, recipient: Recipient) -> str:
        """Return the sender's name and the room, as the recipient knows it, in their language."""
        with translation.override(recipient.language):
            if not recipient.shows_content:
                return _("New message")
            return f"{sender_name(message)}{self._place(message.room_id, recipient)}"

    def body(self, message: MessageRow, recipient: Recipient) -> str:
        """Return the beginning of the text without markup and spoilers, or the names of the files."""
        if not recipient.shows_content:
            return ""
        return line_of(message, MAX_BODY)

    def _place(self, room_id: int, recipient: Recipient) -> str:
        kind, name = self._rooms[room_id]
        if kind == Room.Kind.DIRECT:
            return ""
        if kind == Room.Kind.GROUP:
            others = others_in(self._people.get(room_id, ()), recipient.user_id, recipient.blocked)
            return f" · {title_of(others)}"
        return f" · #{name}"


def event_about(
    message: MessageRow, channel: Channel, trigger: str | None, *, title: str, body: str, url: str
) -> Event:
    """Return the event that notifies of a message, and perhaps of earlier ones."""
    return {
        "type": "notification",
        "room": message.room_id,
        "message": message.pk,
        "seq": message.seq,
        "sender": message.sender_id,
        "channel": channel.value,
        "trigger": trigger,
        "title": title,
        "body": body,
        "url": url,
        "tag": f"room-{message.room_id}",
    }


def line_of(message: MessageRow, length: int) -> str:
    """Return the beginning of a message as one line of plain text, or the names of its files."""
    line = to_line(message.html) or filenames_in(message)
    return line if len(line) <= length else f"{line[: length - 1].rstrip()}…"


def read_people(room_ids: Collection[int]) -> dict[int, list[Person]]:
    """Return the people in these rooms."""
    found: dict[int, list[Person]] = {}
    if room_ids:
        sql = (
            f"SELECT member.room_id, {public_columns('person')} FROM {table(Membership)} member "  # noqa: S608
            f"JOIN {table(User)} person ON person.id = member.user_id "
            f"WHERE member.room_id IN ({placeholders(len(room_ids))})"
        )
        for room_id, *person in fetch(sql, list(room_ids)):
            found.setdefault(room_id, []).append(Person(*person))
    return found
