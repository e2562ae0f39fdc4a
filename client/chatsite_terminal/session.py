"""The part that both interfaces share: the current room, sending messages and running commands."""

import os
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path

from chatsite_client import Attachment, Client, Message, Refused, Room, files
from chatsite_client.i18n import gettext as _
from chatsite_client.i18n import ngettext
from chatsite_client.outbox import Post
from chatsite_terminal import downloads
from chatsite_terminal.commands import Command, UnknownCommand, UsageError, help_lines, message_text, parse, pick
from chatsite_terminal.known_messages import KnownMessages
from chatsite_terminal.lines import attachment_text, message_line, room_line, title_of
from chatsite_terminal.reading_commands import OpenThread, ReadingCommands
from chatsite_terminal.safe_text import clean_line


class Quit(Exception):
    """The person wants to leave."""


class Session(ReadingCommands):
    """`run()` takes what a person entered, and returns the lines to show them."""

    def __init__(self, client: Client) -> None:
        super().__init__()
        self.client = client
        self.state = client.state
        self.room_id: int | None = None
        self.thread: OpenThread | None = None
        self.files: list[Attachment] = []
        self._known = KnownMessages(client)
        self._commands: dict[str, Callable[..., Awaitable[list[str]]]] = {
            name.removeprefix("_do_"): getattr(self, name) for name in dir(self) if name.startswith("_do_")
        }

    @property
    def room(self) -> Room:
        """The current room. Raises UsageError if there is none."""
        room = self.state.rooms.get(self.room_id or 0)
        if room is None:
            raise UsageError(_("Choose a room first: /join room"))
        return room

    def note(self, message: Message) -> None:
        """Keep a message's newest state, for the commands that refer to the latest one."""
        self.state.people.setdefault(message.sender.id, message.sender)
        self._known.note(message)

    def queue(self, body: str, *, reply_to: int | None = None) -> Post:
        """Put a message in the current room into the outbox. Raises UsageError if there is no room."""
        return self._queue(self.room, body, reply_to=reply_to)

    async def learn_members(self) -> None:
        """Get to know members of the room, to complete and show their names."""
        for person in await self.client.http.people(room=self.room_id):
            self.state.people.setdefault(person.id, person)

    async def run(self, text: str) -> list[str]:
        """Send a message or run a command. Raises UsageError, Refused, other errors of the client, or Quit."""
        try:
            command = parse(text)
        except UnknownCommand as unknown:
            return await self.run_slash_command(unknown)
        if command is None:
            if text.strip():
                self.queue(message_text(text), reply_to=self.thread.reply_to if self.thread else None)
            return []
        return await self.run_command(command)

    async def run_command(self, command: Command) -> list[str]:
        return await self._commands[command.name](*command.arguments)

    async def run_slash_command(self, command: UnknownCommand) -> list[str]:
        """Run a command of the room or the site. Its answer is an event. Raises `command` if there is none."""
        if self.room_id is None:
            raise command
        thread = self.thread.id if self.thread else None
        try:
            await self.client.run_command(self.room_id, command.name, command.text, thread=thread)
        except Refused as refusal:
            if refusal.field == "command":
                raise command from None
            raise
        return []

    async def open_room(self, name: str) -> Room:
        """Return one of the person's rooms, one that they join now, or a conversation. Raises UsageError."""
        try:
            return self.state.find_room(name)
        except LookupError:
            pass
        wanted = name.lstrip("#").casefold()
        for room in await self.client.http.joinable_rooms(wanted) if not name.startswith("@") else []:
            if wanted in (room.slug.casefold(), room.name.casefold()):
                return await self.client.http.join(room.id)
        try:
            return await self._open_conversation(name)
        except Refused as refusal:
            if refusal.code != "not_found":
                raise
            raise UsageError(_("There is no room or person “{name}”.").format(name=clean_line(name))) from None

    async def _open_conversation(self, name: str) -> Room:
        person = await self.client.http.find_person(name.lstrip("@"))
        return await self.client.http.open_conversation([person.id])

    def _queue(self, room: Room, body: str, *, reply_to: int | None = None, attachments: Iterable[str] = ()) -> Post:
        post = self.client.queue(room, body, reply_to=reply_to, attachments=attachments)
        self._known.note_entered(post)
        return post

    # -- commands ----------------------------------------------------------------------------------------

    async def _do_msg(self, name: str, text: str) -> list[str]:
        room = await self._open_conversation(name)
        self._queue(room, text)
        return [_("Sent to {name}.").format(name=title_of(room))]

    async def _do_all(self, text: str) -> list[str]:
        self.queue(f"@room {text}")
        return []

    async def _do_join(self, name: str) -> list[str]:
        room = await self.open_room(name)
        self.room_id, self.thread = room.id, None
        return [_("You’re in {room}.").format(room=title_of(room))]

    async def _do_leave(self) -> list[str]:
        await self.client.http.leave(self.room.id)
        return []

    async def _do_rooms(self) -> list[str]:
        rooms = [room for room in self.state.rooms.values() if not room.is_closed]
        return [
            room_line(room) for room in sorted(rooms, key=lambda room: (room.is_conversation, room.title.casefold()))
        ]

    async def _do_who(self) -> list[str]:
        await self.learn_members()
        known = [self.state.people[pk] for pk in self.state.online if pk in self.state.people]
        names = sorted((clean_line(person.name) for person in known), key=str.casefold)
        if others := len(self.state.online) - len(names):
            names.append(ngettext("{count} other", "{count} others", others).format(count=others))
        return [_("Online: {names}").format(names=", ".join(names))]

    async def _do_reply(self, text: str) -> list[str]:
        self.queue(text, reply_to=(await self.latest()).id)
        return []

    async def _do_edit(self, text: str) -> list[str]:
        await self.client.edit(await self.latest(is_own=True), text)
        return []

    async def _do_delete(self) -> list[str]:
        await self.client.delete((await self.latest(is_own=True)).id)
        return []

    async def _do_react(self, emoji: str) -> list[str]:
        await self.client.react((await self.latest()).id, emoji)
        return []

    async def _do_search(self, query: str) -> list[str]:
        found = await self.client.http.search(query)
        lines = [message_line(self.state, message) for message in reversed(found.messages)]
        return lines or [_("No messages found.")]

    async def _do_file(self, path: str, name: str = "") -> list[str]:
        room = self.room
        upload = await files.upload(self.client.http, room.id, _local_path(path), name=name)
        self._queue(room, "", attachments=[upload])
        return []

    async def _do_files(self) -> list[str]:
        self.files = (await self.client.http.files(self.room.id)).files
        return [f"{number}  {attachment_text(file)}" for number, file in enumerate(self.files, 1)] or [_("No files.")]

    async def _do_show(self, name: str) -> list[str]:
        file = await self._find_file(name)
        if file.kind != "text":
            raise UsageError(_("This isn’t a text file. Save it: /save {name}").format(name=name))
        return (await downloads.read_text(self.client.http, file)).split("\n")

    async def _do_save(self, name: str) -> list[str]:
        path = await downloads.save(self.client.http, await self._find_file(name), downloads.downloads_folder())
        return [_("Saved as {path}.").format(path=path)]

    async def _do_block(self, name: str) -> list[str]:
        person = await self.client.http.find_person(name.lstrip("@"))
        await self.client.http.block(person.id)
        return [_("You’ve blocked {name}.").format(name=clean_line(name))]

    async def _do_unblock(self, name: str) -> list[str]:
        for person_id in list(self.state.blocked):
            person = await self.client.http.person(person_id)
            if person.username.casefold() == name.lstrip("@").casefold():
                await self.client.http.unblock(person_id)
                return [_("You’ve unblocked {name}.").format(name=clean_line(name))]
        raise UsageError(_("You haven’t blocked {name}.").format(name=clean_line(name)))

    async def _do_clear(self) -> list[str]:
        return []

    async def _do_help(self) -> list[str]:
        found = await self.client.http.slash_commands(self.room_id) if self.room_id is not None else []
        return help_lines({f"/{each.name} {each.argument_hint}".rstrip(): each.description for each in found})

    async def _do_quit(self) -> list[str]:
        raise Quit

    async def latest(self, *, is_own: bool = False) -> Message:
        return await self._known.latest(self.room.id, is_own=is_own)

    async def _find_file(self, name: str) -> Attachment:
        """Return a file by its number in the latest list, or by its name."""
        if not self.files or not name.isdecimal():
            self.files = (await self.client.http.files(self.room.id)).files
        named = (file for file in self.files if name in (file.name, clean_line(file.name)))
        if (file := pick(self.files, name) or next(named, None)) is not None:
            return file
        raise UsageError(_("There is no file “{name}”. /files lists them.").format(name=clean_line(name)))


def _local_path(path: str) -> Path:
    return Path(os.path.expanduser(path))
