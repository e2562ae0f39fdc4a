"""Messages, rooms and notices as single lines of text."""

from datetime import datetime

from chatsite_client import Attachment, Message, Room
from chatsite_client.events import (
    CommandAnswered,
    Connected,
    ConnectionLost,
    Event,
    PostFailed,
    RoomEvents,
    RoomJoined,
    RoomLeft,
    ServerClosing,
)
from chatsite_client.i18n import gettext as _
from chatsite_client.i18n import ngettext
from chatsite_client.models import Quote, RoomEvent
from chatsite_client.state import SiteState
from chatsite_terminal.safe_text import clean_line

LINE_BREAK = " ⏎ "


def time_of(at: datetime) -> str:
    return at.astimezone().strftime("%H:%M")


def size_text(size: int) -> str:
    """Return a number of bytes for people."""
    amount = float(size)
    for unit in ("B", "KB", "MB", "GB"):
        if amount < 1000 or unit == "GB":
            break
        amount /= 1000
    return f"{amount:.0f} {unit}" if amount >= 10 or unit == "B" else f"{amount:.1f} {unit}"


def attachment_text(attachment: Attachment) -> str:
    return f"[{clean_line(attachment.name)}, {size_text(attachment.size)}]"


def content_text(message: Message) -> str:
    """Return what a message says: its quote, text and files."""
    if message.deleted_at:
        return _("(deleted)")
    parts = [clean_line(message.body, LINE_BREAK), *map(attachment_text, message.attachments)]
    if message.reply_to is not None:
        quote = clean_line(message.reply_to.excerpt)[:60]
        parts.insert(0, _("(to {name}: {quote})").format(name=sender_text(message.reply_to), quote=quote))
    if message.edited_at:
        parts.append(_("(edited)"))
    return " ".join(filter(None, parts))


def message_line(state: SiteState, message: Message, *, has_room: bool = True) -> str:
    room = state.rooms.get(message.room)
    place = f"{title_of(room)} " if has_room and room else ""
    return f"{time_of(message.at)} {place}{sender_text(message)}: {content_text(message)}"


def sender_text(message: Message | Quote) -> str:
    """Return the name of the sender, with a mark for bots, which can choose a name for each message."""
    name = clean_line(message.sender_name)
    if message.alias is not None and message.alias.emoji:
        name = f"{clean_line(message.alias.emoji)} {name}"
    return _("{name} (bot)").format(name=name) if message.sender.is_bot else name


def title_of(room: Room) -> str:
    return clean_line(room.title) or "?"


def room_line(room: Room) -> str:
    """Return a room with its unread messages and mentions."""
    counts = []
    if room.unread:
        counts.append(ngettext("{count} unread", "{count} unread", room.unread).format(count=room.unread))
    if room.unread_mentions:
        counts.append(
            ngettext("{count} mention", "{count} mentions", room.unread_mentions).format(count=room.unread_mentions)
        )
    return f"{title_of(room)} ({', '.join(counts)})" if counts else title_of(room)


def room_event_text(event: RoomEvent) -> str:
    """Return a sentence about who joined, left or changed something, or "" for kinds that aren't shown."""
    subject = clean_line(event.subject.name) if event.subject else ""
    actor = clean_line(event.actor.name) if event.actor else _("An admin")
    sentences = {
        "joined": _("{subject} joined."),
        "added": _("{actor} added {subject}."),
        "left": _("{subject} left."),
        "removed": _("{subject} was removed."),
        "renamed": _("{actor} renamed the room to {text}."),
        "topic": _("{actor} changed the topic to {text}."),
        "archived": _("{actor} archived the room."),
        "unarchived": _("{actor} unarchived the room."),
        "pinned": _("{actor} pinned a message."),
    }
    return sentences.get(event.kind, "").format(actor=actor, subject=subject, text=clean_line(event.text))


def answer_text(answer: CommandAnswered) -> str:
    """Return the answer of a slash command as a line."""
    return _("/{command}, only for you: {text}").format(command=answer.command, text=clean_line(answer.body))


def error_text(error: Exception | str) -> str:
    """Return an error for people. Those of the system have a number, and a file if they are about one."""
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    return str(error)


def notice_text(event: Event) -> str:
    """Return what to say about an event of the connection or the rooms, or ""."""
    match event:
        case ConnectionLost():
            return _("{reason} Reconnecting …").format(reason=clean_line(event.reason))
        case Connected(is_first=False):
            return _("Connected again.")
        case ServerClosing():
            return _("The server is about to stop. Reconnecting soon …")
        case PostFailed():
            return _("Not sent: {body} – {reason}").format(body=clean_line(event.body), reason=clean_line(event.detail))
        case CommandAnswered():
            return answer_text(event)
        case RoomJoined():
            return _("You’re in {room}.").format(room=title_of(event.room))
        case RoomLeft():
            return _("A room was removed from your list.")
        case RoomEvents():
            return " ".join(filter(None, map(room_event_text, event.events)))
    return ""
