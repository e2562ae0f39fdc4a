"""Fills a Chatsite database for a workload and prints its sessions and rooms as JSON. Needs django.setup().

User i is in rooms i, i + 1, … i + each - 1, modulo the number of rooms. The first room gets the messages, which the
first user posts. Its second member is its moderator.
"""

import json
import sys
import uuid
from datetime import timedelta
from itertools import cycle
from typing import Any

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.utils import timezone

from accounts.models import Block, User
from bench.posting import body
from chatsite.server.bootstrap import collect_static
from messaging.posting.actions import post_messages
from messaging.posting.batch import Draft
from rooms.models import Membership, Room

POSTERS = 10
BATCH = 1_000  # messages
BACKEND = "accounts.auth.backends.NameOrEmailBackend"


def main() -> None:
    users, rooms, each, messages, blocks = map(int, sys.argv[1:])
    call_command("migrate", verbosity=0)
    collect_static()
    people = User.objects.bulk_create(make_person(number) for number in range(users))
    room_list = Room.objects.bulk_create(make_room(number) for number in range(rooms))
    Membership.objects.bulk_create(
        Membership(
            user=person,
            room=room_list[(number + step) % rooms],
            role="moderator" if (number, step) == (rooms, 0) else "member",
        )
        for number, person in enumerate(people)
        for step in range(each)
    )
    posters = people[:: max(1, users // POSTERS)]
    blockers = people[1 : blocks + 1]
    Block.objects.bulk_create(
        Block(blocker=person, blocked=poster) for person, poster in zip(blockers, cycle(posters)) if person != poster
    )
    sessions = Session.objects.bulk_create(map(make_session, people))
    for start in range(0, messages, BATCH):
        numbers = range(start, min(start + BATCH, messages))
        post_messages([Draft(people[0].pk, room_list[0].pk, uuid.uuid4(), body(number)) for number in numbers])
    keys = [session.session_key for session in sessions]
    json.dump({"rooms": [room.pk for room in room_list], "sessions": keys}, sys.stdout)


def make_person(number: int) -> User:
    name = f"person{number}"
    return User(username=name, username_key=name, email=f"{name}@example.com", password="!unusable")


def make_room(number: int) -> Room:
    name = f"Room {number}"
    return Room(name=name, name_key=name.lower(), slug=f"room-{number}", kind="public")


def make_session(person: User) -> Session:
    content: dict[str, Any] = {
        SESSION_KEY: str(person.pk),
        BACKEND_SESSION_KEY: BACKEND,
        HASH_SESSION_KEY: person.get_session_auth_hash(),
    }
    return Session(
        session_key=uuid.uuid4().hex,
        session_data=SessionStore().encode(content),
        expire_date=timezone.now() + timedelta(days=1),
    )
