"""Finds the previews of links in the background. Every server process has a worker, if the site shows previews."""

import asyncio
import logging

from live import outages
from live.db_threads import in_thread, in_writing_thread
from live.fair_threads import Busy as QueueFull
from live.periodic import PieceWorker
from messaging.attachments.sandbox.inspector import Inspector, InspectorStopped
from messaging.link_previews import lookup, queue, wakeup
from messaging.link_previews.fetching import Found, fetch, preview_client
from messaging.link_previews.images import StoredImage, store_image
from messaging.models import LinkPreview
from messaging.posting import link_previews

POLL_SECONDS = 5.0  # for links that another process has stored, and what one that has died left behind
MAX_IN_FLIGHT = 20

logger = logging.getLogger(__name__)


class LinkPreviewWorker:
    """Looks up links, requests up to MAX_IN_FLIGHT pages at a time, and shows what was found."""

    def __init__(self, inspector: Inspector) -> None:
        self._inspector = inspector
        self._client = preview_client()
        self._requests: set[asyncio.Task[None]] = set()
        self._busy = queue.Busy()
        self._pieces = PieceWorker(self._work, name="the previews of links", every=POLL_SECONDS)
        wakeup.register(self._pieces.wake)

    async def stop(self) -> None:
        wakeup.unregister(self._pieces.wake)
        await self._pieces.stop()
        self._client.close()
        for task in self._requests:
            task.cancel()
        if self._requests:
            await asyncio.wait(self._requests)

    async def _work(self) -> bool:
        """Do the next piece of each step. Return whether there may be more to do."""
        has_looked_up = await in_thread(lookup.is_any_left) and await in_writing_thread(lookup.look_up_some)
        has_begun = await self._begin_some()
        has_shown = await in_thread(link_previews.is_any_ready) and await in_writing_thread(link_previews.show_some)
        return has_looked_up or has_begun or has_shown

    async def _begin_some(self) -> bool:
        most = MAX_IN_FLIGHT - len(self._requests)
        if most <= 0 or not await in_thread(queue.is_any_due, self._busy):
            return False
        claimed = await in_writing_thread(queue.claim, self._busy.copy(), most)
        for preview in claimed:
            self._begin(preview)
        return bool(claimed)

    def _begin(self, preview: LinkPreview) -> None:
        self._busy.add(preview.requested_by_id, preview.host)
        task = asyncio.create_task(self._complete(preview))
        self._requests.add(task)

        def finish(task: asyncio.Task[None]) -> None:
            self._requests.discard(task)
            self._busy.remove(preview.requested_by_id, preview.host)
            self._pieces.wake()  # to show what was found, and to begin the next

        task.add_done_callback(finish)

    async def _complete(self, preview: LinkPreview) -> None:
        try:
            found, image = await self._find(preview)
            await in_writing_thread(queue.settle, preview, found, image)
        except InspectorStopped:
            pass  # another process requests it after the lease, and so it does after any other failure
        except Exception as error:
            if not outages.report(error):
                logger.exception("link preview %s failed", preview.pk)

    async def _find(self, preview: LinkPreview) -> tuple[Found, StoredImage | None]:
        if preview.attempts > queue.MAX_ATTEMPTS:
            logger.warning("link preview %s is given up after %d attempts", preview.pk, queue.MAX_ATTEMPTS)
            return Found(), None
        found = await fetch(self._client, preview.url)
        if not found.image:
            return found, None
        try:
            return found, await store_image(self._inspector, found.image, preview.requested_by_id or 0)
        except (QueueFull, OSError) as error:
            logger.info("the image of link preview %s could not be stored: %s", preview.pk, error)
            return found, None
