"""Fixtures for the tests of the API: clients with a token, and two people in a room with two others outside it."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from io import BytesIO

import httpx
import pytest
from PIL import Image

from accounts.auth.token_actions import create_token
from accounts.models import Scope, User
from tests.factories import make_member, make_room, make_user
from tests.server import Site

Connect = Callable[..., httpx.Client]


def secret_of(user: User, *scopes: str) -> str:
    return create_token(
        actor=None, user=user, name="Test", scopes=scopes or [each for each in Scope if each != Scope.ADMIN]
    ).secret


@pytest.fixture
def connect(uvicorn: Site) -> Iterator[Connect]:
    """Return a function that returns a client of the API with a token of this user."""
    with ExitStack() as clients:

        def connect(user: User | None, *scopes: str, site: Site = uvicorn, **headers: str) -> httpx.Client:
            authorization = {"authorization": f"Bearer {secret_of(user, *scopes)}"} if user else {}
            base = f"{site.url}/api/v1"
            return clients.enter_context(httpx.Client(base_url=base, headers=authorization | headers, timeout=30))

        yield connect


@pytest.fixture
def cast(transactional_db, everyone) -> dict[str, object]:
    owner, member, stranger = make_user("owner"), make_user("member"), make_user("stranger")
    room = make_room("Kitchen", owner=owner, kind="private")
    make_member(room, member)
    return {"owner": owner, "member": member, "stranger": stranger, "room": room}


def photo(side: int = 64) -> bytes:
    file = BytesIO()
    Image.new("RGB", (side, side), "teal").save(file, "PNG")
    return file.getvalue()
