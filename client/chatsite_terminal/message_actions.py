"""Actions on a message: reply, edit, delete, react, save its files, copy its text."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from chatsite_client import ChatsiteError, Message
from chatsite_terminal import downloads
from chatsite_terminal.commands import UsageError, message_text
from chatsite_terminal.i18n import gettext as _
from chatsite_terminal.lines import sender_text
from chatsite_terminal.safe_text import clean, clean_line
from chatsite_terminal.screens import QuestionScreen, TextScreen

if TYPE_CHECKING:
    from chatsite_terminal.app import ChatApp


class MessageActions:
    """Remembers whether the field is for a reply or an edit."""

    def __init__(self, app: "ChatApp") -> None:
        self._app = app
        self._replying: Message | None = None
        self._editing: Message | None = None
        self._actions: dict[str, Callable[[Message], Awaitable[None]]] = {
            "reply": self._reply,
            "edit": self._edit,
            "delete": self._delete,
            "react": self._react,
            "save": self._save,
            "copy": self._copy,
            "open": self._open,
        }

    async def run(self, action: str, message: Message) -> None:
        """Do something with a message, and show what fails."""
        try:
            await self._actions[action](message)
        except (UsageError, ChatsiteError, OSError) as error:
            self._app.complain(error)

    async def submit(self, text: str) -> bool:
        """Send the reply or the edit that the field is for. Return false if it is for a new message."""
        replying, editing = self._replying, self._editing
        self.cancel()
        if editing is not None:
            if text != editing.body:
                await self._app.client.edit(editing, text)
        elif replying is not None and not _is_command(text):
            self._app.send(text, reply_to=replying.id)
        else:
            return False
        return True

    def cancel(self) -> None:
        """Use the field for a new message again."""
        if self._editing is not None:
            self._app.composer.text = ""
        self._replying = self._editing = None
        self._app.hints.show_mode("")

    async def _reply(self, message: Message) -> None:
        self.cancel()
        self._replying = message
        excerpt = clean_line(message.body)[:40]
        text = _("Reply to {name}: {excerpt}  (Esc cancels)")
        self._app.hints.show_mode(text.format(name=sender_text(message), excerpt=excerpt))
        self._app.composer.focus()

    async def _edit(self, message: Message) -> None:
        if message.sender.id != self._app.client.state.me.id or message.deleted_at:
            raise UsageError(_("You can only edit your own messages."))
        self.cancel()
        self._editing = message
        self._app.hints.show_mode(_("Edit your message  (Esc cancels)"))
        self._app.composer.put(message.body)

    async def _delete(self, message: Message) -> None:
        question = _("Delete this message for everyone? Type yes to confirm.")
        answer = await self._app.push_screen_wait(QuestionScreen(question))
        if answer is not None and answer.strip().casefold() in (_("yes"), "y"):
            await self._app.client.delete(message.id)

    async def _react(self, message: Message) -> None:
        emoji = await self._app.push_screen_wait(QuestionScreen(_("React with an emoji"), "👍"))
        if not emoji:
            return
        own = [each.emoji for each in message.reactions if self._app.client.state.me.id in each.users]
        act = self._app.client.unreact if emoji in own else self._app.client.react
        await act(message.id, emoji)

    async def _save(self, message: Message) -> None:
        if not message.attachments:
            raise UsageError(_("This message has no file."))
        for attachment in message.attachments:
            path = await downloads.save(self._app.client.http, attachment, downloads.downloads_folder())
            self._app.notify(_("Saved as {path}.").format(path=path), markup=False)

    async def _copy(self, message: Message) -> None:
        self._app.copy_to_clipboard(clean(message.body))
        self._app.notify(_("Copied."), markup=False)

    async def _open(self, message: Message) -> None:
        """Show the message's text file, if it has one."""
        for attachment in message.attachments:
            if attachment.kind == "text":
                lines = (await downloads.read_text(self._app.client.http, attachment)).split("\n")
                self._app.push_screen(TextScreen(clean_line(attachment.name), lines))
                return


def _is_command(text: str) -> bool:
    return message_text(text) == text and text.startswith("/")
