"""Who says what when: turns a room's lines into drafts, and stores them through the actions."""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from accounts.models import User
from messaging.demo.rooms import SMALL_TALK
from messaging.models import Message
from messaging.posting import actions
from messaging.posting.batch import Draft
from rooms.models import Room

BATCH = 64
DAYS = 9
AFTERTHOUGHTS = ("(Thursday, not Friday.)", "Sorry, now with all the letters.", "And thank you.", "Link follows.")


@dataclass(frozen=True)
class Utterance:
    room: Room
    sender: User
    at: datetime
    body: str
    is_answer: bool


class Talk:
    """Everything is drawn from `rng`, the posts' ids too: the same seed gives the same site."""

    def __init__(self, rng: random.Random, now: datetime) -> None:
        self.rng = rng
        self.now = now
        self.posted = self.edited = self.deleted = 0
        self._unsaid: list[str] = []
        self._newest: dict[int, Message] = {}

    def converse(self, room: Room, people: Sequence[User], lines: Sequence[str], number: int) -> list[Utterance]:
        """`number` utterances of these people, in the order of time."""
        spoken: list[Utterance] = []
        sender = self.rng.choice(people)
        for at, line in zip(self._moments(number), self._lines(lines, number), strict=True):
            if not line.startswith("+"):
                sender = self.rng.choice([person for person in people if person != sender] or list(people))
            spoken.append(Utterance(room, sender, at, line.lstrip("^+"), line.startswith("^")))
        return spoken

    def store(self, utterances: Sequence[Utterance]) -> None:
        """Post them as they were said; a few are edited and deleted afterwards."""
        waiting: list[Draft] = []
        for said in sorted(utterances, key=lambda said: said.at):
            if said.is_answer and any(draft.room_id == said.room.pk for draft in waiting):
                self._post(waiting)
            waiting.append(self._draft(said))
            if len(waiting) >= BATCH:
                self._post(waiting)
        self._post(waiting)

    def _lines(self, lines: Sequence[str], number: int) -> list[str]:
        """The last `number` lines; where there are fewer, small talk before those that answer nothing."""
        script = list(lines[max(0, len(lines) - number) :])
        beginnings = [index for index, line in enumerate(script) if line[0] not in "^+"] or [0]
        earlier_rather = range(len(beginnings), 0, -1)
        before = Counter(self.rng.choices(beginnings, earlier_rather, k=number - len(script)))
        spoken: list[str] = []
        for index, line in enumerate(script):
            spoken += (self.rng.choice(("", "", "^", "+")) + self._small_talk() for _ in range(before[index]))
            spoken.append(line)
        return spoken

    def _small_talk(self) -> str:
        """Nothing twice before all the rest was said."""
        if not self._unsaid:
            self._unsaid = self.rng.sample(SMALL_TALK, len(SMALL_TALK))
        return self._unsaid.pop()

    def _moments(self, number: int) -> list[datetime]:
        """Bursts of talk in the working hours of the last days, the last one a few minutes ago."""
        moments: list[datetime] = []
        while len(moments) < number:
            at = self._start_of_a_burst(is_last=not moments)
            for _ in range(min(self.rng.randint(3, 11), number - len(moments))):
                moments.append(at)
                at -= timedelta(seconds=self.rng.choice((9, 25, 40, 70, 150, 400)) + self.rng.random())
        return sorted(moments)

    def _start_of_a_burst(self, *, is_last: bool) -> datetime:
        if is_last:
            return self.now - timedelta(minutes=self.rng.uniform(1, 400))
        day = self.now - timedelta(days=self.rng.randint(1, DAYS))
        return day.replace(hour=self.rng.randint(8, 18), minute=self.rng.randrange(60))

    def _draft(self, said: Utterance) -> Draft:
        newest = self._newest.get(said.room.pk)
        target = newest.pk if said.is_answer and newest is not None and newest.deleted_at is None else None
        client_id = UUID(int=self.rng.getrandbits(128), version=4)
        return Draft(said.sender.pk, said.room.pk, client_id, said.body, target, at=said.at)

    def _post(self, waiting: list[Draft]) -> None:
        for result in actions.post_messages(waiting) if waiting else []:
            if isinstance(result, Exception):
                raise result
            self.posted += 1
            self._newest[result.message.room_id] = result.message
            self._touch(result.message)
        waiting.clear()

    def _touch(self, message: Message) -> None:
        chance = self.rng.random()
        if message.edited_at or message.deleted_at or "```" in message.body:
            return
        if chance < 0.04:
            body = f"{message.body} {self.rng.choice(AFTERTHOUGHTS)}"
            actions.edit_message(actor=message.sender, message_id=message.pk, body=body)
            self.edited += 1
        elif chance < 0.055 and len(message.body) < 60:
            actions.delete_message(actor=message.sender, message_id=message.pk)
            self._newest.pop(message.room_id)
            self.deleted += 1
