"""Ends downloads whose users may no longer see the file.

All downloads of a process are checked together. A separate check of each one, every few seconds, would be as expensive
as a page.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from live.db_threads import in_thread
from messaging.attachments.access import Access, filter_visible, states_of

CHECK_SECONDS = 4.0  # a download ends within five seconds of losing permission


@dataclass(eq=False, slots=True)
class _Download:
    """`state`: the state of the access when it was last checked, or "" if it must be checked each time."""

    access: Access
    end: Callable[[], None]
    state: str


class DownloadWatch:
    """The running downloads of one event loop."""

    def __init__(self) -> None:
        self._downloads: set[_Download] = set()

    @contextmanager
    def watching(self, access: Access, end: Callable[[], None], *, state: str = "") -> Iterator[None]:
        """Call `end` if the user loses the permission while the block runs.

        `state`: the state of the access, read before the permission was checked.
        """
        download = _Download(access, end, state)
        self._downloads.add(download)
        try:
            yield
        finally:
            self._downloads.discard(download)

    async def check(self) -> None:
        """End the downloads that are no longer allowed. The permission is only checked if its state changed."""
        downloads = list(self._downloads)
        if not downloads:
            return
        states = await in_thread(states_of, list({each.access for each in downloads}))
        due = [each for each in downloads if not each.state or each.state != states.get(each.access)]
        allowed = await in_thread(filter_visible, {each.access for each in due}) if due else set()
        for each in due:
            if each.access in allowed:
                each.state = states.get(each.access, "")
            else:
                each.end()
