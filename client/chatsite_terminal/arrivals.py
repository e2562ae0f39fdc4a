"""Messages that arrive while a page is being loaded. The page may not have them, or their newest state."""

from collections.abc import Iterator
from contextlib import contextmanager

from msgspec.structs import replace

from chatsite_client import Message, Page


class Arrivals:
    """Messages by their ids, in their newest state."""

    def __init__(self) -> None:
        self._messages: dict[int, Message] = {}

    def add(self, message: Message) -> None:
        self._messages[message.id] = message

    def complete(self, page: Page, room: int, *, thread: int | None = None) -> Page:
        """Return the page with the newest states and, if it is the last one of its room or thread, all new messages."""
        messages = [self._newest(message) for message in page.messages]
        if not page.has_newer:
            last = messages[-1].seq if messages else 0
            new = [each for each in self._messages.values() if each.room == room and each.seq > last]
            messages += sorted((each for each in new if thread in (None, each.thread)), key=lambda each: each.seq)
        return replace(page, messages=messages)

    def _newest(self, message: Message) -> Message:
        arrived = self._messages.get(message.id)
        return arrived if arrived is not None and arrived.version > message.version else message


class Arriving:
    """Collects the messages that arrive while any pages are being loaded."""

    def __init__(self) -> None:
        self._open: list[Arrivals] = []

    def add(self, message: Message) -> None:
        for arrivals in self._open:
            arrivals.add(message)

    @contextmanager
    def collect(self) -> Iterator[Arrivals]:
        """Return what arrives until the end of the block."""
        arrivals = Arrivals()
        self._open.append(arrivals)
        try:
            yield arrivals
        finally:
            self._open.remove(arrivals)
