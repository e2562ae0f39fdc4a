"""A client that posts in order, and resends each post with the same `client_id` until it gets a final response."""

import asyncio
import uuid
from collections import Counter
from typing import Any

from tests.faults.client import Client, Event, Offline
from tests.faults.observations import Log

RETRYABLE = {"rate_limited", "slow_mode", "unavailable", "closing"}
DEFAULT_RETRY_SECONDS = 0.3


class Writer(Client):
    """Posts to its rooms until `finish`, with one post per room in flight; edits or deletes some of its posts.

    max_pause: the longest pause between two posts to a room, in seconds. padding: appended to each body.
    change_rate: the share of posts to edit or delete, from 0 to 1.
    """

    def __init__(
        self,
        url: str,
        session: str,
        *,
        log: Log,
        rooms: list[int],
        max_pause: float = 0.1,
        padding: str = "",
        change_rate: float = 0.15,
        **options: Any,
    ) -> None:
        super().__init__(url, session, **options)
        self.log = log
        self.rooms = rooms
        self.max_pause, self.padding, self.change_rate = max_pause, padding, change_rate
        self.acked = 0
        self.responses: Counter[str] = Counter()
        self.in_flight: set[str] = set()
        self._finishing = False
        self._count = 0

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            connection = group.create_task(super().run())
            async with asyncio.TaskGroup() as posting:
                for room in self.rooms:
                    posting.create_task(self._post_to(room))
            connection.cancel()

    def finish(self) -> None:
        """Start no new post; `run` returns when those in flight have a final response."""
        self._finishing = True

    async def _post_to(self, room: int) -> None:
        await self.is_open.wait()
        while not self._finishing:
            message = await self.post(room)
            if message is not None and self.random.random() < self.change_rate:
                await self._change(message)
            await asyncio.sleep(self.random.uniform(0, self.max_pause))

    async def post(self, room: int) -> Event | None:
        """Post one message; return it as stored, or None if it was refused."""
        self._count += 1
        post = {"room": room, "client_id": str(uuid.UUID(int=self.random.getrandbits(128), version=4))}
        post["body"] = f"{self.welcome['user']['username']} {self._count}{self.padding}"
        self.log.write("tried", sender=self.welcome["user"]["id"], **post)
        self.in_flight.add(post["client_id"])
        response = await self._call_until_final("message.post", **post)
        self.in_flight.discard(post["client_id"])
        if response["type"] == "error":
            self.log.write("refused", client_id=post["client_id"], code=response["code"])
            return None
        message = response["message"]
        self.log.write("acked", client_id=post["client_id"], **{key: message[key] for key in ("id", "seq", "version")})
        self.acked += 1
        return message

    async def _change(self, message: Event) -> None:
        """Edit or delete the message. Both are idempotent, so a lost response does no harm."""
        body = f"{message['body']}, edited" if self.random.random() < 0.7 else ""
        self.log.write("changing", client_id=message["client_id"], body=body)
        if body:
            response = await self._call_until_final("message.edit", message=message["id"], body=body)
        else:
            response = await self._call_until_final("message.delete", message=message["id"])
        if response["type"] == "ok" or (not body and response["code"] == "not_found"):
            self.log.write("changed", client_id=message["client_id"])

    async def _call_until_final(self, type: str, **fields: Any) -> Event:
        """Send the command until its response is not a temporary error; return that response."""
        while True:
            await self.is_open.wait()
            try:
                response = await self.call(type, **fields)
            except Offline:
                await asyncio.sleep(0.01)  # `is_open` may still be set
                continue
            code = response.get("code", "ok")
            self.responses[code] += 1
            if code not in RETRYABLE:
                return response
            await asyncio.sleep(response.get("retry_after") or DEFAULT_RETRY_SECONDS)
