"""A room with two people who send each other files, and a store elsewhere to keep them in."""

from collections.abc import Iterator

import pytest

from tests.elsewhere import Elsewhere
from tests.factories import make_member, make_room, make_user


@pytest.fixture
def room(transactional_db):
    return make_room("Workshop", owner=make_user("owner"))


@pytest.fixture
def ana(room):
    return make_member(room, make_user("ana"))


@pytest.fixture
def bo(room):
    return make_member(room, make_user("bo"))


@pytest.fixture(scope="session")
def elsewhere() -> Iterator[Elsewhere]:
    store = Elsewhere()
    store.start()
    yield store
    store.stop()
