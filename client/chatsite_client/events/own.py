"""Events that only this account gets, on all of its devices: what was read, followed, saved and begun."""

from datetime import datetime

from msgspec import field

from chatsite_client.events.base import Event
from chatsite_client.models import Draft


class CommandAnswered(Event, tag="command.answer"):
    """The answer of a slash command that you ran, which only you can see. It isn't stored."""

    room: int
    command: str
    thread: int | None = None
    run: str = ""
    at: datetime | None = None
    body: str = ""
    replaces: bool = False  # the earlier answers of the run


class AnswersWithdrawn(Event, tag="command.withdrawn"):
    """The answers of a slash command's run that only you can see are shown no longer."""

    room: int
    run: str
    thread: int | None = None


class RoomRead(Event, tag="room.read"):
    """You have read the room up to `seq` on another device."""

    room: int
    seq: int


class RoomUnread(Event, tag="room.unread"):
    """You have marked the message `seq` and all later ones as unread."""

    room: int
    seq: int
    marked_unread_at: datetime | None = None
    mention_seqs: list[int] = field(default_factory=list)


class MentionAdded(Event, tag="mention.added"):
    """An edit makes a message that you have read mention you."""

    room: int
    seq: int


class MentionsRead(Event, tag="mentions.read"):
    """You have seen the mentions that edits had added to these messages."""

    room: int
    seqs: list[int] = field(default_factory=list)


class ThreadFollowed(Event, tag="thread.followed"):
    """You follow a thread from now on. `seqs`: the numbers of its unread replies."""

    room: int
    thread: int
    seqs: list[int] = field(default_factory=list)


class ThreadUnfollowed(Event, tag="thread.unfollowed"):
    """You don't follow a thread anymore."""

    room: int
    thread: int


class ThreadRead(Event, tag="thread.read"):
    """You have read a thread up to `seq`."""

    room: int
    thread: int
    seq: int


class DraftChanged(Event, tag="draft.changed"):
    """A draft was changed, on this device or another one."""

    draft: Draft


class MessageSaved(Event, tag="message.saved"):
    """You have saved a message for later."""

    message: int


class MessageUnsaved(Event, tag="message.unsaved"):
    """You have removed a message from the saved ones."""

    message: int
