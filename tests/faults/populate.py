"""`python -m tests.faults.populate PEOPLE ROOMS PREFIX`: new people, signed in, all of them in new rooms."""

import json
import sys
from importlib import import_module

import django
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY


def populate(people: int, rooms: int, prefix: str) -> dict[str, list]:
    from django.db import transaction

    from accounts import usernames
    from accounts.models import User
    from rooms.models import Membership, Room

    with transaction.atomic():
        users = [User(username=f"{prefix}p{number}", password="!") for number in range(people)]
        for user in users:
            user.username_key = usernames.key(user.username)
        User.objects.bulk_create(users)
        places = [Room(name=f"{prefix} room {number}", kind="public") for number in range(rooms)]
        for room in places:
            room.save()
        Membership.objects.bulk_create(Membership(room=room, user=user) for room in places for user in users)
        return {"rooms": [room.pk for room in places], "sessions": [session_of(user) for user in users]}


def session_of(user) -> str:
    """A signed-in session's key, without the signals of signing in: there may be thousands of them."""
    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    return session.session_key


if __name__ == "__main__":
    django.setup()
    print(json.dumps(populate(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3])))
