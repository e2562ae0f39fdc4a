"""The types, fields and limits of the commands that clients may send, which are decoded and validated in one step."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from msgspec import Meta

from messaging.notifications.shown import Shown
from messaging.runtime.values import Time, find_unusable

MAX_FRAME = 64 * 1024

Id = Annotated[int, Meta(ge=1, le=2**63 - 1)]
Number = Annotated[int, Meta(ge=0, le=2**63 - 1)]
Ref = Annotated[str, Meta(min_length=1, max_length=64)]


class Command(msgspec.Struct, tag_field="type", frozen=True):
    ref: Ref


class PostMessage(Command, tag="message.post", frozen=True):
    room: Id
    client_id: UUID
    body: str = ""
    reply_to: Id | None = None
    attachments: Annotated[list[UUID], Meta(max_length=10)] = []


class RunCommand(Command, tag="command.run", frozen=True):
    """`command`: the name of a slash command of the room or the site. `thread`: the id of its first message."""

    room: Id
    client_id: UUID
    command: Annotated[str, Meta(min_length=1, max_length=32)]
    text: Annotated[str, Meta(max_length=8_000)] = ""
    thread: Id | None = None


class EditMessage(Command, tag="message.edit", frozen=True):
    """`edited_at`: the value on which the edit is based. If given, the edit is rejected when there is a newer one."""

    message: Id
    body: str
    edited_at: Time | msgspec.UnsetType | None = msgspec.UNSET


class PreviewMessage(Command, tag="message.preview", frozen=True):
    body: str


class DeleteMessage(Command, tag="message.delete", frozen=True):
    message: Id


class PinMessage(Command, tag="message.pin", frozen=True):
    message: Id


class UnpinMessage(Command, tag="message.unpin", frozen=True):
    message: Id


class RemoveLinkPreview(Command, tag="link_preview.remove", frozen=True):
    message: Id
    preview: Id


class SetDraft(Command, tag="draft.set", frozen=True):
    """`known`: the version of the draft that was changed."""

    room: Id
    body: str
    reply_to: Id | None = None
    known: Number = 0


class AddReaction(Command, tag="reaction.add", frozen=True):
    message: Id
    emoji: Annotated[str, Meta(min_length=1, max_length=64)]


class RemoveReaction(Command, tag="reaction.remove", frozen=True):
    message: Id
    emoji: Annotated[str, Meta(min_length=1, max_length=64)]


class ReadRoom(Command, tag="room.read", frozen=True):
    """`known`, `marked_unread_at`: those of the room that the client knew. Ignored if it was marked as unread since."""

    room: Id
    seq: Number
    known: Number | None = None
    marked_unread_at: Time | msgspec.UnsetType | None = msgspec.UNSET


class MarkUnread(Command, tag="room.unread", frozen=True):
    room: Id
    seq: Id


class ReadThread(Command, tag="thread.read", frozen=True):
    thread: Id
    seq: Number


class ReadMentions(Command, tag="mentions.read", frozen=True):
    """`seqs`: the numbers of messages of the room to which edits added mentions of the user."""

    room: Id
    seqs: Annotated[list[Id], Meta(max_length=100)]


class TypeInRoom(Command, tag="room.typing", frozen=True):
    room: Id


class SetIdle(Command, tag="presence.idle", frozen=True):
    idle: bool


class ViewRoom(Command, tag="room.view", frozen=True):
    room: Id | None = None


class ReportShown(Command, tag="notification.shown", frozen=True):
    """`shown`: how the page has shown the notification of a message, or why it hasn't."""

    message: Id
    shown: Shown


class Sync(Command, tag="sync", frozen=True):
    """`events`: by room, the number of the message after which the client shows room events."""

    rooms: Annotated[dict[Id, Number], Meta(max_length=1_000)]
    events: Annotated[dict[Id, Number], Meta(max_length=20)] = {}


class Ping(Command, tag="ping", frozen=True):
    pass


AnyCommand = (
    PostMessage
    | RunCommand
    | EditMessage
    | PreviewMessage
    | DeleteMessage
    | PinMessage
    | UnpinMessage
    | RemoveLinkPreview
    | SetDraft
    | AddReaction
    | RemoveReaction
    | ReadRoom
    | MarkUnread
    | ReadThread
    | ReadMentions
    | TypeInRoom
    | ViewRoom
    | SetIdle
    | ReportShown
    | Sync
    | Ping
)


class Malformed(Exception):
    """The frame is not a JSON object."""


class InvalidCommand(Exception):
    """A command's `field` is invalid. `ref` is None if it couldn't be read."""

    def __init__(self, ref: str | None, field: str, message: str | Promise) -> None:
        self.ref = ref
        self.field = field
        self.message = message
        super().__init__(f"{field}: {message}")


class _WithRef(msgspec.Struct):
    ref: Any = None


_WITH_TIMES = (EditMessage, ReadRoom)
_decoder = msgspec.json.Decoder(AnyCommand)
_ref_decoder = msgspec.json.Decoder(_WithRef)


def decode(text: str) -> AnyCommand:
    """Return the command in a text frame. Raises Malformed or InvalidCommand."""
    try:
        command = _decoder.decode(text)
    except msgspec.ValidationError as error:
        raise InvalidCommand(_ref_of_object(text), *field_and_message(str(error))) from None
    except (msgspec.DecodeError, RecursionError, UnicodeError) as error:
        raise Malformed("The frame is not a JSON object.") from error
    if (r"\u0000" in text or isinstance(command, _WITH_TIMES)) and (unusable := find_unusable(command)):
        raise InvalidCommand(command.ref, *unusable)
    return command


def ref_of(text: str) -> str | None:
    """Return the `ref` of any frame, or None."""
    try:
        return msgspec.convert(_ref_decoder.decode(text).ref, Ref)
    except (msgspec.MsgspecError, RecursionError, UnicodeError):
        return None


def _ref_of_object(text: str) -> str | None:
    try:
        _ref_decoder.decode(text)
    except (msgspec.MsgspecError, RecursionError):
        raise Malformed("The frame is not a JSON object.") from None
    return ref_of(text)


def field_and_message(message: str) -> tuple[str, str | Promise]:
    """Parse a msgspec error such as 'Expected `int`, got `str` - at `$.room`'."""
    problem, _at, path = message.partition(" - at ")
    field = path.removeprefix("`key` in ").strip("`").removeprefix("$").removeprefix(".")
    if "required field" in problem:
        field = problem.rpartition("field ")[2].strip("`")
        return field, _("This field is missing.")
    if "Invalid value" in problem and field == "type":
        return field, _("Unknown command.")
    return field or "frame", f"{problem.replace('`', '')}."
