"""The messages that commands such as /reply, /edit and /delete can refer to."""

import asyncio

from chatsite_client import Client, Message
from chatsite_client.i18n import gettext as _
from chatsite_client.outbox import Post
from chatsite_terminal.commands import UsageError

MAX_KNOWN = 2_000
SENDING_SECONDS = 10.0  # how long a command waits for the message that was entered before it


class KnownMessages:
    def __init__(self, client: Client) -> None:
        self._client = client
        self._messages: dict[int, Message] = {}
        self._entered: dict[int, str] = {}  # the `client_id` of the last message that was entered in each room

    def note(self, message: Message) -> None:
        """Keep a message's newest state."""
        self._messages.pop(message.id, None)
        self._messages[message.id] = message
        if len(self._messages) > MAX_KNOWN:
            del self._messages[next(iter(self._messages))]

    def note_entered(self, post: Post) -> None:
        """Remember that a message is on its way."""
        self._entered[post.room] = post.client_id

    async def latest(self, room: int, *, is_own: bool) -> Message:
        """Return a room's latest message, once it is stored. Raises UsageError if there is none."""
        await self._wait_for_entered(room)
        for message in sorted(self._messages.values(), key=lambda message: -message.seq):
            is_mine = message.sender.id == self._client.state.me.id
            if message.room == room and not message.deleted_at and (is_mine or not is_own):
                return message
        raise UsageError(_("There is no such message yet."))

    async def _wait_for_entered(self, room: int) -> None:
        """Wait for the message that was entered last. Raises UsageError if it isn't sent.

        Otherwise, a command that follows at once, as in a script, would change the message before it.
        """
        entered = self._entered.get(room)
        if entered is None or self._is_known(entered):
            return
        try:
            async with asyncio.timeout(SENDING_SECONDS):
                await self._client.flush(room)
        except TimeoutError:
            raise UsageError(_("Your latest message hasn’t been sent yet.")) from None
        for message in (await self._client.http.history(room)).messages:
            self._messages.setdefault(message.id, message)
        del self._entered[room]
        if not self._is_known(entered):
            raise UsageError(_("Your latest message wasn’t sent."))

    def _is_known(self, client_id: str) -> bool:
        return any(message.client_id == client_id for message in self._messages.values())
