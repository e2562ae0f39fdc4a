"""Fills a Chatsite database with messages to search, and prints its sessions and rooms. Needs django.setup().

The first ten users are in one room, the next ten in twenty, and ten in all. All rooms are private. Everyone has posted.
"""

import json
import random
import sys
import uuid
from datetime import timedelta

from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.db import connection, transaction
from django.utils import timezone

from accounts.models import Person, User
from bench.people import make_person, make_room, make_session
from bench.search_texts import Texts
from chatsite.server.bootstrap import collect_static
from messaging.models import NewMessage, NotifiedRoom
from messaging.posting.inserts import insert_messages
from messaging.rendering import render
from messaging.search.index import index_messages
from rooms.models import Membership, Room

SIZES = (1, 20, None)  # rooms of each ten users
BATCH = 2_000
DAYS = 730


def main() -> None:
    users, rooms, _each, messages, _blocks = map(int, sys.argv[1:])
    call_command("migrate", verbosity=0)
    collect_static()
    people = User.objects.bulk_create(make_person(number) for number in range(users))
    room_list = [make_room(number) for number in range(rooms)]
    for room in room_list:
        room.kind = Room.Kind.PRIVATE
    Room.objects.bulk_create(room_list)
    Membership.objects.bulk_create(
        Membership(user=person, room=room)
        for number, person in enumerate(people)
        for room in room_list[number % 10 :][: SIZES[number // 10 % 3]] or room_list
    )
    _post(messages, people, room_list)
    sessions = Session.objects.bulk_create(map(make_session, people))
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
    keys = [session.session_key for session in sessions]
    json.dump({"rooms": [room.pk for room in room_list], "sessions": keys}, sys.stdout)


def _post(count: int, people: list[User], rooms: list[Room]) -> None:
    rng, texts, now = random.Random(2), Texts(3), timezone.now()  # noqa: S311  not for secrets
    senders = [Person(user.pk, user.username, user.display_name, "") for user in people]
    replied: NewMessage | None = None
    for start in range(0, count, BATCH):
        batch = []
        for number in range(start, min(start + BATCH, count)):
            room = rooms[min(int(rng.expovariate(6 / len(rooms))), len(rooms) - 1)]
            room.last_seq += 1
            room.version += 1
            body = texts.body()
            html, excerpt = render(body) if not body.isascii() or "`" in body or ":" in body else (f"<p>{body}</p>", "")
            at = now - timedelta(days=DAYS) * (1 - (number + 1) / count)
            reply_to = replied if number % 10 == 0 else None
            message = NewMessage(
                room.pk, room.last_seq, room.version, rng.choice(senders), uuid.uuid4(), body, html, excerpt, b"",
                reply_to, at,  # type: ignore[arg-type]
            )  # fmt: skip
            batch.append(message)
        with transaction.atomic():
            insert_messages(batch)
            index_messages(batch)
        replied = batch[0]
    Room.objects.bulk_update(rooms, ["last_seq", "version"], batch_size=100)
    # Otherwise the server would look through a million old messages for notifications meanwhile.
    NotifiedRoom.objects.bulk_create(
        [NotifiedRoom(room=room, seq=room.last_seq) for room in rooms], ignore_conflicts=True
    )
