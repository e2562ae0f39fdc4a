"""Assigns senders and times to the scripts' messages, and posts them through the actions."""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from accounts.models import User
from messaging.demo.rooms import SMALL_TALK
from messaging.models import Message, NewMessage
from messaging.posting import actions
from messaging.posting.batch import Draft
from messaging.posting.reactions import ReactionChange, change_reactions
from rooms.models import Room

BATCH = 64
DAYS = 9
REACTIONS = ("👍", "👍", "🎉", "❤️", "🚀", "👀")
ADDITIONS = ("(edit: Thursday, not Friday)", "(edit: typo)", "Thanks again!", "Link to follow.")


@dataclass(frozen=True)
class ScriptedMessage:
    room: Room
    sender: User
    at: datetime
    body: str
    is_reply: bool


class Conversations:
    """Generates conversations. All choices, including ids, come from `rng`, so a seed always gives the same site."""

    def __init__(self, rng: random.Random, now: datetime) -> None:
        self.rng = rng
        self.now = now
        self.posted = self.edited = self.deleted = 0
        self._unused: list[str] = []
        self._newest: dict[int, Message | NewMessage] = {}
        self._senders: dict[int, User] = {}
        self._posted: dict[int, dict[int, Message | NewMessage]] = {}

    def converse(self, room: Room, people: Sequence[User], lines: Sequence[str], number: int) -> list[ScriptedMessage]:
        """Return `number` messages from these users in chronological order."""
        result: list[ScriptedMessage] = []
        sender = self.rng.choice(people)
        for at, line in zip(self._moments(number), self._lines(lines, number), strict=True):
            if not line.startswith("+"):
                sender = self.rng.choice([person for person in people if person != sender] or list(people))
            result.append(ScriptedMessage(room, sender, at, line.lstrip("^+"), line.startswith("^")))
        return result

    def store(self, lines: Sequence[ScriptedMessage]) -> None:
        """Post the messages in order. A few are edited or deleted afterwards."""
        self._senders |= {line.sender.pk: line.sender for line in lines}
        pending: list[Draft] = []
        for line in sorted(lines, key=lambda line: line.at):
            if line.is_reply and any(draft.room_id == line.room.pk for draft in pending):
                self._post(pending)
            pending.append(self._draft(line))
            if len(pending) >= BATCH:
                self._post(pending)
        self._post(pending)

    def react(self, room: Room, people: Sequence[User]) -> None:
        """Have some of these users react to some of the messages in a room."""
        changes = [
            ReactionChange(person.pk, message.pk, emoji, is_added=True)
            for message in self._posted.get(room.pk, {}).values()
            if self.rng.random() < 0.2
            for emoji in dict.fromkeys(self.rng.choices(REACTIONS, k=2))
            for person in self.rng.sample(list(people), self.rng.randint(1, min(4, len(people))))
            if person.pk != message.sender_id
        ]
        for refusal in change_reactions(changes):
            if refusal is not None:
                raise refusal

    def _lines(self, lines: Sequence[str], number: int) -> list[str]:
        """Return the last `number` lines, padded with small talk before lines that aren't replies."""
        script = list(lines[max(0, len(lines) - number) :])
        beginnings = [index for index, line in enumerate(script) if line[0] not in "^+"] or [0]
        weights = range(len(beginnings), 0, -1)
        before = Counter(self.rng.choices(beginnings, weights, k=number - len(script)))
        result: list[str] = []
        for index, line in enumerate(script):
            result += (self.rng.choice(("", "", "^", "+")) + self._small_talk() for _ in range(before[index]))
            result.append(line)
        return result

    def _small_talk(self) -> str:
        """Return small talk. Nothing is repeated until all of it has been used."""
        if not self._unused:
            self._unused = self.rng.sample(SMALL_TALK, len(SMALL_TALK))
        return self._unused.pop()

    def _moments(self, number: int) -> list[datetime]:
        """Return times in bursts during the working hours of the last days, the latest up to 400 minutes ago."""
        moments: list[datetime] = []
        while len(moments) < number:
            at = self._burst_start(is_last=not moments)
            for _ in range(min(self.rng.randint(3, 11), number - len(moments))):
                moments.append(at)
                at -= timedelta(seconds=self.rng.choice((9, 25, 40, 70, 150, 400)) + self.rng.random())
        return sorted(moments)

    def _burst_start(self, *, is_last: bool) -> datetime:
        if is_last:
            return self.now - timedelta(minutes=self.rng.uniform(1, 400))
        day = self.now - timedelta(days=self.rng.randint(1, DAYS))
        return day.replace(hour=self.rng.randint(8, 18), minute=self.rng.randrange(60))

    def _draft(self, line: ScriptedMessage) -> Draft:
        newest = self._newest.get(line.room.pk)
        target = newest.pk if line.is_reply and newest is not None and newest.deleted_at is None else None
        client_id = UUID(int=self.rng.getrandbits(128), version=4)
        return Draft(line.sender.pk, line.room.pk, client_id, line.body, target, at=line.at)

    def _post(self, pending: list[Draft]) -> None:
        for result in actions.post_messages(pending) if pending else []:
            if isinstance(result, Exception):
                raise result
            self.posted += 1
            self._newest[result.message.room_id] = result.message
            self._posted.setdefault(result.message.room_id, {})[result.message.pk] = result.message
            self._maybe_change(result.message)
        pending.clear()

    def _maybe_change(self, message: Message | NewMessage) -> None:
        chance = self.rng.random()
        if message.edited_at or message.deleted_at or "```" in message.body:
            return
        sender = self._senders[message.sender_id]
        if chance < 0.04:
            body = f"{message.body} {self.rng.choice(ADDITIONS)}"
            actions.edit_message(actor=sender, message_id=message.pk, body=body)
            self.edited += 1
        elif chance < 0.055 and len(message.body) < 60:
            actions.delete_message(actor=sender, message_id=message.pk)
            self._newest.pop(message.room_id)
            del self._posted[message.room_id][message.pk]
            self.deleted += 1
