"""`python -m tests.faults.populate USERS ROOMS PREFIX`: create rooms with logged-in members; print their ids and sessions."""

import json
import sys
from importlib import import_module

import django
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY


def populate(count: int, rooms: int, prefix: str) -> dict[str, list]:
    from django.db import transaction

    from accounts import usernames
    from accounts.models import User
    from rooms.models import Membership, Room

    with transaction.atomic():
        users = [User(username=f"{prefix}p{number}", password="!") for number in range(count)]
        for user in users:
            user.username_key = usernames.key(user.username)
        User.objects.bulk_create(users)
        new_rooms = [Room(name=f"{prefix} room {number}", kind="public") for number in range(rooms)]
        for room in new_rooms:
            room.save()
        Membership.objects.bulk_create(Membership(room=room, user=user) for room in new_rooms for user in users)
        return {"rooms": [room.pk for room in new_rooms], "sessions": [session_of(user) for user in users]}


def session_of(user) -> str:
    """Return the key of a new logged-in session. Sends no login signals: there may be thousands of sessions."""
    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    return session.session_key


if __name__ == "__main__":
    django.setup()
    print(json.dumps(populate(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3])))
