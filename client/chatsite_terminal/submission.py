"""Sends what was entered, and carries out commands."""

from typing import TYPE_CHECKING

from chatsite_client import ChatsiteError
from chatsite_terminal.commands import Command, UnknownCommand, UsageError, message_text, parse
from chatsite_terminal.screens import TextScreen
from chatsite_terminal.session import Quit

if TYPE_CHECKING:
    from chatsite_terminal.app import ChatApp


class Submission:
    def __init__(self, app: "ChatApp") -> None:
        self._app = app
        self._session = app.session

    async def submit(self, text: str) -> None:
        """Send a message, or run a command. What fails returns to the field."""
        try:
            if not await self._app.writing.submit(text):
                await self._run(text)
        except Quit:
            self._app.exit(0)
        except (UsageError, ChatsiteError, OSError) as error:
            self._app.complain(error)
            self._app.writing.put_back(text)

    def send(self, text: str, *, reply_to: int | None = None) -> None:
        """Put a message into the outbox and show it at once. Raises UsageError without a room."""
        if reply_to is None and self._session.thread is not None:
            reply_to = self._session.thread.reply_to
        post = self._session.queue(message_text(text), reply_to=reply_to)
        self._app.navigation.reading.resume()
        if self._app.log_view.has_newer:
            self._app.navigation.go_to_latest()
        else:
            self._app.log_view.add_waiting(post)

    async def _run(self, text: str) -> None:
        try:
            command = parse(text)
        except UnknownCommand as unknown:
            await self._session.run_slash_command(unknown)
            return
        if command is None:
            self.send(text)
            return
        before = self._session.room_id, self._session.thread
        lines = await self._run_command(command)
        if self._session.room_id is not None and (self._session.room_id, self._session.thread) != before:
            self._app.navigation.reload()
        elif len(lines) > 1:
            self._app.push_screen(TextScreen(f"/{command.name}", lines))
        elif lines:
            self._app.log_view.add_notice(lines[0])

    async def _run_command(self, command: Command) -> list[str]:
        if command.name == "clear":
            self._app.log_view.clear_messages()
        elif command.name == "search":
            self._app.action_search(command.arguments[0])
        elif command.name in self._session.list_names:
            self._app.choose_message(command.name)
        else:
            return await self._session.run_command(command)
        return []
