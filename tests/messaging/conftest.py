"""Fixtures for two people with a public room, and for a private room and users with every role in it."""

from typing import Any

import pytest

from accounts.models import User
from rooms.actions import remove_member
from rooms.models import Room
from tests.factories import make_member, make_room, make_user


@pytest.fixture
def ana(db) -> User:
    return make_user("ana", display_name="Ana Ferreira")


@pytest.fixture
def ben(db) -> User:
    return make_user("ben", display_name="Ben Okafor")


@pytest.fixture
def room(ana, ben) -> Room:
    room = make_room("Design", owner=ana)
    make_member(room, ben)
    return room


@pytest.fixture
def people(db) -> dict[str, Any]:
    owner = make_user("owner")
    room = make_room("Workshop", owner=owner, kind="private")
    former = make_member(room)
    remove_member(actor=owner, room=room, user=former)
    return {
        "owner": owner,
        "moderator": make_member(room, role="moderator"),
        "member": make_member(room, make_user("writer", email="writer@example.org")),
        "other": make_member(room),
        "former": former,
        "stranger": make_user("stranger"),
        "root": make_user("root", is_staff=True, is_superuser=True),
        "room": room,
    }
