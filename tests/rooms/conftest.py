"""Fixtures for rooms with a cast of users: owner, moderator, member and stranger."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from django.test import Client

from accounts.models import User
from rooms.models import Room
from tests.factories import log_in, make_member, make_room, make_user


@dataclass
class Cast:
    """A room with an owner, a moderator and a member, and a stranger outside it."""

    room: Room
    owner: User
    moderator: User
    member: User
    stranger: User

    def __getitem__(self, role: str) -> User:
        return getattr(self, role)


def cast_in(kind: str, name: str) -> Cast:
    owner = make_user(f"owner.{kind}")
    room = make_room(name, owner=owner, kind=kind)
    moderator = make_member(room, make_user(f"moderator.{kind}"), role="moderator")
    return Cast(room, owner, moderator, make_member(room, make_user(f"member.{kind}")), make_user(f"stranger.{kind}"))


@pytest.fixture
def public(db) -> Cast:
    return cast_in("public", "Workshop")


@pytest.fixture
def private(db) -> Cast:
    return cast_in("private", "Founders")


@pytest.fixture
def cast(request, db) -> Cast:
    """The cast of a public or a private room; see `both_kinds`."""
    return cast_in(request.param, {"public": "Workshop", "private": "Founders"}[request.param])


both_kinds = pytest.mark.parametrize("cast", ["public", "private"], indirect=True)


@pytest.fixture
def as_user() -> Callable[..., Client]:
    """Return a function that returns a client in which a user is logged in; without a user, an anonymous one."""
    return lambda user=None, **headers: log_in(user, **headers) if user is not None else Client(headers=headers or None)


def json_client(client: Client) -> Client:
    client.defaults |= {"HTTP_ACCEPT": "application/json", "HTTP_X_REQUESTED_WITH": "fetch"}
    return client
