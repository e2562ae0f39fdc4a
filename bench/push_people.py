"""Fills a Chatsite database with people in one room, each with a device, and prints what bench.people prints."""

import json
import os
import sys
import uuid

from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.management import call_command

from accounts.models import User
from bench.people import make_person, make_room, make_session
from chatsite.server.bootstrap import collect_static
from messaging.models import PushSubscription
from messaging.push import base64url
from messaging.push.subscriptions import hash_of
from messaging.push.vapid import vapid_key
from rooms.models import Membership, Room
from tests.push_device import Device


def main() -> None:
    users, *_others = map(int, sys.argv[1:])
    call_command("migrate", verbosity=0)
    collect_static()
    people = User.objects.bulk_create(make_person(number) for number in range(users))
    room = Room.objects.create(**{name: getattr(make_room(0), name) for name in ("name", "name_key", "slug", "kind")})
    Membership.objects.bulk_create(Membership(user=person, room=room) for person in people)
    PushSubscription.objects.bulk_create(
        (_make_subscription(person, number) for number, person in enumerate(people)), batch_size=500
    )
    sessions = Session.objects.bulk_create(map(make_session, people))
    json.dump({"rooms": [room.pk], "sessions": [session.session_key for session in sessions]}, sys.stdout)


def _make_subscription(person: User, number: int) -> PushSubscription:
    device = Device(f"https://127.0.0.1:{os.environ['BENCH_PUSH_PORT']}/send/{number}")
    return PushSubscription(
        user=person,
        endpoint=device.endpoint,
        endpoint_hash=hash_of(device.endpoint),
        p256dh=base64url.encode(device.public),
        auth=base64url.encode(device.auth),
        server_key=vapid_key().public,
        session_key=uuid.uuid4().hex,
        origin="https://chat.example.org",
        language=settings.LANGUAGE_CODE,
    )
