"""Plain factories: people and rooms as tests need them, made by the site's own actions."""

import itertools
import uuid
from typing import Any

from accounts.models import User
from messaging.actions import post_messages
from messaging.batch import Draft
from messaging.models import Message
from rooms import actions
from rooms.models import Membership, Room

_numbers = itertools.count(1)


def make_user(username: str = "", *, password: str = "a long pass phrase", **fields: Any) -> User:
    return User.objects.create_user(username or f"person{next(_numbers)}", password=password, **fields)


def make_room(name: str = "", *, owner: User | None = None, kind: str = "public", **fields: Any) -> Room:
    room = actions.create_room(owner=owner, name=name or f"Room {next(_numbers)}", kind=kind)
    if fields:
        Room.objects.filter(pk=room.pk).update(**fields)
        room.refresh_from_db()
    return room


def make_member(room: Room, user: User | None = None, *, role: str = "member") -> User:
    user = user or make_user()
    Membership.objects.update_or_create(room=room, user=user, defaults={"role": role})
    return user


def make_draft(room: Room, sender: User, body: str = "Hello", **fields: Any) -> Draft:
    return Draft(sender.pk, room.pk, fields.pop("client_id", None) or uuid.uuid4(), body, **fields)


def post(room: Room, sender: User, body: str = "Hello", **fields: Any) -> Message:
    result = post_messages([make_draft(room, sender, body, **fields)])[0]
    assert isinstance(result, Message), result
    return result
