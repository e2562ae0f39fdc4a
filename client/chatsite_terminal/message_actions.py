"""Actions on a message: reply, edit, delete, react, pin, save, copy, and open its thread or its files."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from chatsite_client import ChatsiteError, Message
from chatsite_client.i18n import gettext as _
from chatsite_terminal import downloads
from chatsite_terminal.commands import UsageError
from chatsite_terminal.safe_text import clean, clean_line
from chatsite_terminal.screens import QuestionScreen, TextScreen

if TYPE_CHECKING:
    from chatsite_terminal.app import ChatApp


class MessageActions:
    def __init__(self, app: "ChatApp") -> None:
        self._app = app
        self._actions: dict[str, Callable[[Message], Awaitable[None]]] = {
            "reply": self._reply,
            "edit": self._edit,
            "delete": self._delete,
            "react": self._react,
            "save": self._save,
            "copy": self._copy,
            "open": self._open,
            "thread": self._thread,
            "pin": self._pin,
            "later": self._later,
            "unread": self._unread,
        }

    async def run(self, action: str, message: Message) -> None:
        """Do something with a message, and show what fails."""
        try:
            await self._actions[action](message)
        except (UsageError, ChatsiteError, OSError) as error:
            self._app.complain(error)

    async def _reply(self, message: Message) -> None:
        self._app.writing.reply(message)

    async def _edit(self, message: Message) -> None:
        self._app.writing.edit(message)

    async def _thread(self, message: Message) -> None:
        self._app.navigation.open(message.room, thread=message.thread or message.id)

    async def _pin(self, message: Message) -> None:
        """Pin the message, or unpin it."""
        act = self._app.client.pin if message.pinned_at is None else self._app.client.unpin
        await act(message.id)

    async def _later(self, message: Message) -> None:
        """Save the message for later, or remove it from the saved ones."""
        is_saved = message.id in self._app.log_view.timeline.saved
        act = self._app.client.http.unsave if is_saved else self._app.client.http.save
        await act(message.id)
        text = _("Removed from your saved messages.") if is_saved else _("Saved for later: /saved lists it.")
        self._app.notify(text, markup=False)

    async def _unread(self, message: Message) -> None:
        await self._app.client.mark_unread(message.room, message.seq)

    async def _delete(self, message: Message) -> None:
        question = _("Delete this message for everyone? Type yes to confirm.")
        answer = await self._app.push_screen_wait(QuestionScreen(question))
        if answer is not None and answer.strip().casefold() in (_("yes"), "y"):
            await self._app.client.delete(message.id)

    async def _react(self, message: Message) -> None:
        emoji = await self._app.push_screen_wait(QuestionScreen(_("React with an emoji"), "👍"))
        if not emoji:
            return
        me = self._app.client.state.me.id
        own = [each.emoji for each in message.reactions if each.own or me in each.users]
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
