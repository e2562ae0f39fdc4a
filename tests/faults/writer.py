"""A writer: names each post once and for ever, and sends it until it is answered, room by room in order."""

import asyncio
import uuid
from collections import Counter
from typing import Any

from tests.faults.client import Event, Line, Offline
from tests.faults.observations import Log

WAIT = {"rate_limited", "slow_mode", "unavailable", "closing"}
DEFAULT_WAIT = 0.3


class Writer(Line):
    """Posts to its rooms, one post of a room on its way at a time, until `finish`.

    Now and then it edits or deletes what it wrote. pace: the longest pause between two posts of a room.
    padding: what follows each text. fickle: how many of them it edits or deletes, from 0 to 1.
    """

    def __init__(
        self,
        url: str,
        session: str,
        *,
        log: Log,
        rooms: list[int],
        pace: float = 0.1,
        padding: str = "",
        fickle: float = 0.15,
        **options: Any,
    ) -> None:
        super().__init__(url, session, **options)
        self.log = log
        self.rooms = rooms
        self.pace, self.padding, self.fickle = pace, padding, fickle
        self.acked = 0
        self.answers: Counter[str] = Counter()
        self.on_its_way: set[str] = set()
        self._done = False
        self._number = 0

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            line = group.create_task(super().run())
            async with asyncio.TaskGroup() as lanes:
                for room in self.rooms:
                    lanes.create_task(self._write(room))
            line.cancel()

    def finish(self) -> None:
        """Begin nothing new; what was begun is sent until it is answered, then `run` ends."""
        self._done = True

    async def _write(self, room: int) -> None:
        await self.is_open.wait()
        while not self._done:
            message = await self.post(room)
            if message is not None and self.random.random() < self.fickle:
                await self._change(message)
            await asyncio.sleep(self.random.uniform(0, self.pace))

    async def post(self, room: int) -> Event | None:
        """Write one message; return it as stored, or None when it was refused."""
        self._number += 1
        post = {"room": room, "client_id": str(uuid.UUID(int=self.random.getrandbits(128), version=4))}
        post["body"] = f"{self.welcome['user']['username']} {self._number}{self.padding}"
        self.log.write("tried", sender=self.welcome["user"]["id"], **post)
        self.on_its_way.add(post["client_id"])
        answer = await self._insist("message.post", **post)
        self.on_its_way.discard(post["client_id"])
        if answer["type"] == "error":
            self.log.write("refused", client_id=post["client_id"], code=answer["code"])
            return None
        message = answer["message"]
        self.log.write("acked", client_id=post["client_id"], **{key: message[key] for key in ("id", "seq", "version")})
        self.acked += 1
        return message

    async def _change(self, message: Event) -> None:
        """Edit it, or delete it. Doing either twice is doing it once, so an answer that is lost costs nothing."""
        body = f"{message['body']}, edited" if self.random.random() < 0.7 else ""
        self.log.write("changing", client_id=message["client_id"], body=body)
        if body:
            answer = await self._insist("message.edit", message=message["id"], body=body)
        else:
            answer = await self._insist("message.delete", message=message["id"])
        if answer["type"] == "ok" or (not body and answer["code"] == "not_found"):
            self.log.write("changed", client_id=message["client_id"])

    async def _insist(self, type: str, **fields: Any) -> Event:
        """The answer that says yes or no, however often it takes."""
        while True:
            await self.is_open.wait()
            try:
                answer = await self.call(type, **fields)
            except Offline:
                await asyncio.sleep(0.01)  # the line may not have noticed yet
                continue
            code = answer.get("code", "ok")
            self.answers[code] += 1
            if code not in WAIT:
                return answer
            await asyncio.sleep(answer.get("retry_after") or DEFAULT_WAIT)
