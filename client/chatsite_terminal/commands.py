"""The commands that can be typed instead of a message."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, TypeVar

from rich.cells import cell_len, set_cell_size

from chatsite_client.i18n import gettext as _
from chatsite_terminal.safe_text import clean_line

Item = TypeVar("Item")


class Command(NamedTuple):
    """`arguments`: what follows the name, in as many parts as the command takes; the last one may have blanks."""

    name: str
    arguments: list[str]


class UsageError(Exception):
    """A command was given wrongly. The message says how it is used."""


class UnknownCommand(UsageError):
    """A command that isn't the terminal's own. The room may have one with this name."""

    def __init__(self, name: str, text: str) -> None:
        message = _("There is no command /{name}. /help shows all. To send this as a message, begin with //.")
        super().__init__(message.format(name=name))
        self.name = name
        self.text = text


class Usage(NamedTuple):
    arguments: str  # as shown, such as "name text"
    needed: int
    most: int
    purpose: str


USAGES = {
    "msg": Usage(_("name text"), 2, 2, _("Send a private message")),
    "all": Usage(_("text"), 1, 1, _("Notify everyone in the room")),
    "join": Usage(_("room"), 1, 1, _("Go to a room, and join it if necessary")),
    "leave": Usage("", 0, 0, _("Leave this room")),
    "rooms": Usage("", 0, 0, _("List your rooms and conversations")),
    "who": Usage("", 0, 0, _("Show who is online")),
    "reply": Usage(_("text"), 1, 1, _("Reply to the latest message")),
    "edit": Usage(_("text"), 1, 1, _("Replace your latest message")),
    "delete": Usage("", 0, 0, _("Delete your latest message")),
    "react": Usage(_("emoji"), 1, 1, _("React to the latest message")),
    "threads": Usage("", 0, 0, _("List threads with unread replies")),
    "thread": Usage(_("[number]"), 0, 1, _("Open a thread of a list, or of the latest message, or leave it")),
    "follow": Usage("", 0, 0, _("Follow the open thread")),
    "unfollow": Usage("", 0, 0, _("Unfollow the open thread")),
    "mentions": Usage("", 0, 0, _("List the messages that mention you")),
    "pins": Usage("", 0, 0, _("List the room’s pinned messages")),
    "pin": Usage(_("[number]"), 0, 1, _("Pin a message of a list, or the latest one")),
    "unpin": Usage(_("[number]"), 0, 1, _("Unpin a message")),
    "saved": Usage("", 0, 0, _("List the messages that you saved for later")),
    "later": Usage(_("[number]"), 0, 1, _("Save a message for later")),
    "unsave": Usage(_("[number]"), 0, 1, _("Remove a message from the saved ones")),
    "search": Usage(_("words"), 1, 1, _("Search all messages")),
    "file": Usage(_("path [name]"), 1, 2, _("Send a file")),
    "files": Usage("", 0, 0, _("List the room’s latest files")),
    "show": Usage(_("file"), 1, 1, _("Show a text file")),
    "save": Usage(_("file"), 1, 1, _("Save a file")),
    "block": Usage(_("name"), 1, 1, _("Block someone")),
    "unblock": Usage(_("name"), 1, 1, _("Unblock someone")),
    "clear": Usage("", 0, 0, _("Clear the screen")),
    "help": Usage("", 0, 0, _("Show the commands")),
    "quit": Usage("", 0, 0, _("Quit")),
}


def parse(line: str) -> Command | None:
    """Parse a line as a command. Return None if it is a message. Raises UnknownCommand or another UsageError."""
    if not is_command(line):
        return None
    name, _blank, rest = line[1:].partition(" ")
    usage = USAGES.get(name.lower())
    if usage is None:
        raise UnknownCommand(name, rest.strip())
    rest = rest.strip()
    arguments = rest.split(maxsplit=usage.most - 1) if usage.most and rest else []
    if len(arguments) < usage.needed or (rest and not usage.most):
        raise UsageError(_("Use it like this: {usage}").format(usage=f"/{name} {usage.arguments}".strip()))
    return Command(name.lower(), arguments)


def is_command(line: str) -> bool:
    return line.startswith("/") and not line.startswith("//")


def message_text(line: str) -> str:
    """Return the text of a line that is a message: `//` at its start stands for a slash."""
    return line[1:] if line.startswith("//") else line


def pick(items: Sequence[Item], number: str) -> Item | None:
    """Return the item of a list that was shown with this number, if there is one."""
    return next((item for index, item in enumerate(items, 1) if number == str(index)), None)


def help_lines(others: Mapping[str, str] | None = None) -> list[str]:
    """Return a line for each command. `others`: the room's commands, with their purposes."""
    forms = {f"/{name} {usage.arguments}".rstrip(): usage.purpose for name, usage in USAGES.items()}
    forms |= {clean_line(form): clean_line(purpose) for form, purpose in (others or {}).items()}
    width = max(map(cell_len, forms))
    return [f"{set_cell_size(form, width)}  {purpose}".rstrip() for form, purpose in forms.items()]
